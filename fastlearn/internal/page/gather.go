package page

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Undrawn runs f and then puts the random numbers of libtorch's generator back to where they were, so that
// a training goes on as if nothing had been looked at.
func Undrawn(f func() error) error {
	var state *torch.Tensor
	if err := torch.Try(func() { state = torch.RNGState(torch.CPU) }); err != nil {
		return err
	}
	defer state.Close()
	err := f()
	if back := torch.Try(func() { torch.SetRNGState(torch.CPU, state) }); err == nil {
		err = back
	}
	return err
}

const shownOfBatch = 12

// NewData shows what a learner learns from. What can't be shown is said and isn't an error, but for a
// context that is done.
func NewData(ctx context.Context, l *fastlearn.Learner) (*Data, error) {
	d := &Data{}
	train, ok := l.DLs.Train.(*data.ItemLoader)
	if !ok {
		d.Note = fmt.Sprintf("Custom loaders: %d batches to train on, %d to validate on.", l.DLs.Train.Len(), l.DLs.Valid.Len())
		return d, nil
	}
	d.Note = fmt.Sprintf("%d pictures to train on", train.NumItems())
	valid, ok := l.DLs.Valid.(*data.ItemLoader)
	if ok {
		d.Note += fmt.Sprintf(", %d to validate on", valid.NumItems())
	}
	_, d.Several = l.DLs.Loss().(loss.BCEWithLogits) // which several labels imply
	switch n := len(l.DLs.Vocab); {
	case n > 0 && d.Several:
		d.Note += "; " + Count(n, "label")
	case n > 0:
		d.Note += fmt.Sprintf("; %d classes", n)
	}
	d.Note += "."
	if counts := train.ClassCounts(); counts != nil {
		validCounts := make([]int, len(counts))
		if ok && len(valid.ClassCounts()) == len(counts) {
			validCounts = valid.ClassCounts()
		}
		d.balance(l.DLs.Vocab, counts, validCounts)
	}
	err := Undrawn(func() error { return d.batch(ctx, train) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		d.Problem = fmt.Sprintf("There is no batch to show: %v.", err)
	}
	return d, nil
}

func (d *Data) balance(vocab []string, train, valid []int) {
	most := 1
	for i := range train {
		most = max(most, train[i], valid[i])
	}
	share := func(n int) string { return coordinate(100 * float64(n) / float64(most)) }
	for i := range train {
		if train[i] == 0 {
			d.Missing++
		}
		d.Balance = append(d.Balance, Balance{vocab[i], train[i], valid[i], share(train[i]), share(valid[i])})
	}
}

// batch makes a small batch as the training's are made.
func (d *Data) batch(ctx context.Context, train *data.ItemLoader) error {
	dl, err := train.NewDL(data.BatchSize(min(shownOfBatch, train.NumItems())), data.Prefetch(1))
	if err != nil {
		return err
	}
	defer dl.Close()
	b, err := dl.OneBatch(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	shown, err := dl.Decode(b)
	if err != nil {
		return err
	}
	for _, s := range shown {
		p, err := NewPicture(s.Picture.ToGo())
		if err != nil {
			return err
		}
		p.Alt, p.Lines = "A picture without a label", []string{s.Label}
		if s.Label != "" {
			p.Alt = "A picture labelled " + s.Label
		}
		d.Batch = append(d.Batch, p)
	}
	return nil
}

// Settings lists what the learner trains with.
func Settings(l *fastlearn.Learner) []Fact {
	var all []Fact
	for _, s := range l.Settings() {
		all = append(all, Fact{s[0], s[1]})
	}
	return all
}

// Versions lists what the program runs on.
func Versions() []Fact {
	env := torch.Info()
	all := []Fact{{"fastlearn", fastlearnVersion()}, {"Go", runtime.Version()}, {"libtorch", env.Version},
		{"system", fmt.Sprintf("%s/%s, %s", runtime.GOOS, runtime.GOARCH, Count(runtime.NumCPU(), "processor"))},
		{"CPU kernels", env.CPUCapability + ", " + Count(env.Threads, "thread")}}
	for i, name := range env.CUDADevices {
		all = append(all, Fact{fmt.Sprintf("cuda:%d", i), name})
	}
	if env.CUDAProblem != "" {
		all = append(all, Fact{"CUDA", "none: " + env.CUDAProblem})
	}
	return all
}

// fastlearnVersion is the version that the program was built with, as far as Go knows it.
func fastlearnVersion() string {
	const path = "github.com/fastlearn-go/fastlearn"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == path && m.Version != "" && m.Version != "(devel)" {
			return m.Version
		}
	}
	return "built from a checkout"
}
