package fastlearn

import (
	"context"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/preserve"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// batchOfOne describes the batch of an epoch's training that has one item: "" if none has.
func (l *Learner) batchOfOne() string {
	dl, ok := l.DLs.Train.(data.SizedLoader)
	if !ok {
		return ""
	}
	items, size := dl.Sizes()
	if items < 1 || size < 1 {
		return ""
	}
	n, reached := dl.Len(), dl.Len()
	for _, cb := range l.callbacks {
		if part, ok := cb.(trainsPart); ok {
			reached = min(reached, part.Trains(n))
		}
	}
	whose := ""
	if l.peers.Size() > 1 {
		whose = "a process's "
	}
	switch {
	case reached < 1:
		return ""
	case size == 1:
		return fmt.Sprintf("%s%d items in batches of 1", whose, items)
	case reached == n && items == (n-1)*size+1:
		return fmt.Sprintf("%s%d items in batches of %d leave a last batch of one", whose, items, size)
	}
	return ""
}

// checkBatchOfOne refuses a fit in which a batch norm would see one value per channel. It runs one item through the model in
// training mode, if there is to be a batch of one, and leaves everything as it was. What else goes wrong then is the fit's to tell.
func (l *Learner) checkBatchOfOne(ctx context.Context) (err error) {
	batch := l.batchOfOne()
	if batch == "" {
		return nil
	}
	rng, err := preserve.RNG(l.DLs.Device)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rng.Restore()) }()
	b, loadErr := l.oneItem(l.peers.Loading(ctx))
	if loadErr != nil {
		return nil
	}
	defer b.Close()
	if b.Check() != nil {
		return nil
	}
	probe := &normProbe{l: l, xs: b.Xs}
	var refused *torch.Error
	if err := probe.run(true); !errors.As(err, &refused) || refused.Op != "batch_norm" {
		return nil
	}
	inside := probe.innermost
	if err := probe.run(false); err == nil && probe.norm != nil {
		inside = probe.norm
	}
	layer := "a batch norm of the model"
	if inside != nil && *inside != "" {
		layer = fmt.Sprintf("the batch norm %q", *inside)
	}
	_, pictures := l.DLs.Train.(*data.ItemLoader)
	help := "leave an item out, or choose another batch size"
	switch _, size := l.DLs.Train.(data.SizedLoader).Sizes(); {
	case size == 1:
		help = "make larger batches"
	case pictures:
		help = "pass DropLast(), or another BatchSize"
	}
	return fmt.Errorf("fastlearn: %s, on which %s can't be trained (%w): %s", batch, layer, refused, help)
}

// oneItem is a batch of the training set, of pictures a batch of one. No other process has to do with it.
func (l *Learner) oneItem(ctx context.Context) (*data.Batch, error) {
	dl, ok := l.DLs.Train.(*data.ItemLoader)
	if !ok {
		return l.DLs.OneBatch(ctx)
	}
	one, err := dl.NewDL(data.BatchSize(1), data.KeepLast(), data.NoShuffle(), data.Workers(1), data.Prefetch(0))
	if err != nil {
		return nil, err
	}
	defer one.Close()
	return one.OneBatch(ctx)
}

// normProbe runs the first item of xs through the model and sees what its norms do.
type normProbe struct {
	l         *Learner
	xs        []*torch.Tensor
	running   []string // names of the modules, innermost last
	innermost *string  // the module in which a run in training failed
	norm      *string  // the first norm that had one value per channel, in evaluation
}

// run runs the item in training mode, as BeforeTrain leaves the modules, or in evaluation mode, without gradients.
func (p *normProbe) run(training bool) error {
	m := p.l.Model
	defer preserve.Modes(m)()
	if training {
		nn.Train(m)
	} else {
		nn.Eval(m)
	}
	for _, cb := range p.l.callbacks {
		if sets, ok := cb.(setsModes); ok && training {
			if err := sets.SetModes(p.l); err != nil {
				return err
			}
		}
	}
	defer p.hook(m)()
	scope := torch.NewScope()
	defer scope.Close()
	err := torch.Try(func() {
		torch.NoGrad(func() {
			defer preserve.Buffers(m)()
			items := make([]*torch.Tensor, len(p.xs))
			for i, x := range p.xs {
				items[i] = x.In(scope).Narrow(0, 0, 1).Clone() // a model may work in place on its input
			}
			p.l.autocast(func() { nn.Call(m, items[0], items[1:]...) })
		})
	})
	if n := len(p.running); err != nil && training && n > 0 {
		p.innermost = &p.running[n-1]
	}
	return err
}

// hook follows the modules of m until unhook is called.
func (p *normProbe) hook(m nn.Module) (unhook func()) {
	p.running = nil
	var removes []func()
	nn.Walk(m, func(name string, m nn.Module) {
		isNorm := nn.IsNorm(m)
		removes = append(removes, nn.OnForward(m,
			func(*torch.Tensor) { p.running = append(p.running, name) },
			func(x, _ *torch.Tensor) {
				if n := len(p.running); n > 0 && p.running[n-1] == name {
					p.running = p.running[:n-1]
				}
				if isNorm && p.norm == nil && x.Dim() > 1 && x.Numel() == x.Size(1) {
					p.norm = &name
				}
			}))
	})
	return func() {
		for _, remove := range removes {
			remove()
		}
	}
}
