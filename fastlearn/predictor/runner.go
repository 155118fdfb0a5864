package predictor

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/sharing"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/trim"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// runner runs a predictor's batches, one after the other.
type runner struct {
	*Predictor
	rng     *rand.Rand // validation draws nothing
	pace    pace
	trimmed time.Time // when memory was given back
	ran     bool      // a batch has since then
}

// runAll runs batches on one OS thread until there are no more.
func (p *runner) runAll() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	torch.NoGrad(func() {
		var batch []*request
		var next *request
		threads := sharing.Begin(p.config.device)
		defer threads.End()
		for more := true; more; {
			first := next
			next = nil
			if first == nil {
				if first, more = p.wait(); !more {
					return
				}
			}
			batch, next = p.gather(batch[:0], first)
			threads.Adjust()
			p.runBatch(batch)
			clear(batch)
			p.ran = true
			p.trim()
		}
	})
}

// rest is how often memory that batches left behind is given back, between batches as well as when nothing is asked: all that the largest
// of them took would stay otherwise. It takes milliseconds.
const rest = time.Second

// wait waits for a picture, and tells whether one came.
func (p *runner) wait() (first *request, more bool) {
	for {
		var idle <-chan time.Time
		if p.ran {
			idle = time.After(rest)
		}
		select {
		case first, more = <-p.decoded:
			return first, more
		case <-idle:
			p.trim()
		}
	}
}

func (p *runner) trim() {
	if now := time.Now(); now.Sub(p.trimmed) >= rest {
		trim.Heap()
		p.trimmed, p.ran = now, false
	}
}

// gather joins what waits to first, and returns with it what didn't fit, if anything.
func (p *runner) gather(batch []*request, first *request) (_ []*request, next *request) {
	batch = append(batch, first)
	limit, all := p.config.maxBatch, p.config.maxBatch > 1
	if first.join {
		limit = max(limit, joined)
	}
	if p.config.maxDelay == 0 {
		limit = p.pace.limit(limit)
	}
	var timeout <-chan time.Time
	if all && p.config.maxDelay > 0 {
		timeout = time.After(p.config.maxDelay)
	}
	for len(batch) < limit {
		var r *request
		var more bool
		select {
		case r, more = <-p.decoded:
		default:
			if timeout == nil {
				return batch, nil
			}
			select {
			case r, more = <-p.decoded:
			case <-timeout:
				return batch, nil
			}
		}
		if !more {
			return batch, nil
		}
		a, b := first.image, r.image
		if !(all || first.join && r.join) || a.W != b.W || a.H != b.H {
			return batch, r
		}
		batch = append(batch, r)
	}
	return batch, nil
}

// runBatch predicts a batch and answers. Where it fails each picture is tried by itself, so that one alone is blamed; where
// there was no memory for it, its halves.
func (p *runner) runBatch(batch []*request) {
	n := 0
	for _, r := range batch {
		if err := r.ctx.Err(); err != nil {
			p.answer(r, Prediction{}, err)
			continue
		}
		batch[n] = r
		n++
	}
	if batch = batch[:n]; n == 0 {
		return
	}
	begun := time.Now()
	rows, err := p.run(batch)
	if err == nil {
		p.pace.took(n, time.Since(begun))
	}
	if err != nil && n > 1 {
		part := 1
		if errors.Is(err, torch.ErrOutOfMemory) {
			part = (n + 1) / 2
		}
		for some := range slices.Chunk(batch, part) {
			p.runBatch(some)
		}
		return
	}
	for i, r := range batch {
		if err != nil {
			p.answer(r, Prediction{}, err)
			continue
		}
		if v, bad := conv.NotFinite(rows[i]); bad {
			p.answer(r, Prediction{}, &NotFiniteError{Tensors: p.notFinite, Outputs: true, File: cmp.Or(r.path, "in memory"), Value: v})
			continue
		}
		p.answer(r, p.meaning(rows[i]), nil)
	}
}

// run gives each picture of a batch its activated outputs.
func (p *runner) run(batch []*request) (rows [][]float64, err error) {
	err = guard.Call("run", p.Predictor, func() error { rows, err = p.runOnce(batch); return err }) // a server should not end for a model that panics
	return rows, err
}

func (p *runner) runOnce(batch []*request) (rows [][]float64, err error) {
	s := torch.NewScope()
	defer s.Close()
	err = torch.Try(func() {
		n, m := len(batch), batch[0].image
		pixels := s.With(torch.Uint8).Empty(int64(n), int64(m.H), int64(m.W), int64(m.C))
		pixels.WithBytes(func(memory []byte) {
			for i, r := range batch {
				copy(memory[i*len(m.Pix):], r.image.Pix)
			}
		})
		x := p.batchTfms.Apply(pixels.Permute(0, 3, 1, 2).To(p.config.device), p.rng, vision.Valid)
		y := p.forward(x)
		if p.config.tta {
			y = y.Add(p.forward(x.Flip(-1))).MulScalar(0.5)
		}
		rows = conv.Rows(y, int64(n))
	})
	if err != nil {
		err = fmt.Errorf("predictor: predict: %w", err)
	}
	return rows, err
}

// forward gives a batch its activated outputs.
func (p *Predictor) forward(x *torch.Tensor) *torch.Tensor {
	return p.activate(p.outputs(x).To(torch.Float32))
}

func (p *Predictor) activate(y *torch.Tensor) *torch.Tensor {
	switch p.activation {
	case "softmax":
		return y.Softmax(-1)
	case "sigmoid":
		return y.Sigmoid()
	}
	return y
}
