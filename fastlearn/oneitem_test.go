package fastlearn_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// rowsOfTen are loaders of n rows of ten numbers, of three classes.
func rowsOfTen(t *testing.T, n int64, size int) *data.Loaders {
	t.Helper()
	s := torch.NewScope()
	t.Cleanup(s.Close)
	torch.ManualSeed(3)
	dl := &data.TensorLoader{X: s.Randn(n, 10), Y: s.RandInt(3, n), BatchSize: size}
	return data.NewLoaders(dl, dl, torch.DefaultDevice())
}

// direct runs its norm by Forward, where no hook sees it begin.
type direct struct {
	nn.Base
	lin, bn nn.Module
}

func newDirect() *direct {
	d := &direct{lin: nn.NewLinear(10, 3), bn: nn.NewBatchNorm(3)}
	d.Register("lin", d.lin)
	d.Register("inner_bn", d.bn)
	return d
}

func (d *direct) Forward(x *torch.Tensor) *torch.Tensor { return d.bn.Forward(nn.Call(d.lin, x)) }

// ownNorm calls the function, and isn't a norm by its type.
type ownNorm struct {
	nn.Base
	mean, variance *torch.Tensor
}

func newOwnNorm() *ownNorm {
	var own *torch.Scope
	m := &ownNorm{}
	m.mean = m.RegisterBuffer("mean", own.Zeros(10))
	m.variance = m.RegisterBuffer("variance", own.Ones(10))
	return m
}

func (m *ownNorm) Forward(x *torch.Tensor) *torch.Tensor {
	if m.Training() {
		return torch.BatchNorm(x, nil, nil, m.mean, m.variance, 0.1, 1e-5)
	}
	return torch.BatchNormEval(x, nil, nil, m.mean, m.variance, 1e-5)
}

// spatial sees ten rows of one channel as pictures: its norm has many values, of one item too.
func spatial() nn.Module {
	return nn.NewSequential(&pictured{}, nn.NewConv2d(1, 4, 1), nn.NewBatchNorm(4), &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(4, 3))
}

type pictured struct{ nn.Base }

func (*pictured) Forward(x *torch.Tensor) *torch.Tensor { return x.Reshape(x.Size(0), 1, 2, 5) }

func dense() nn.Module {
	return nn.NewSequential(nn.NewLinear(10, 8), &nn.Dropout{P: 0.5}, nn.NewBatchNorm(8), nn.NewLinear(8, 3))
}

// begins counts what a fit got to.
type begins struct{ n int }

func (e *begins) BeforeFit(*fastlearn.Learner) error { e.n++; return nil }

// A fit that would come to a batch of one item with one value per channel of a batch norm is an error that names the layer, before
// anything happens; all others train as they did.
func TestBatchOfOneItem(t *testing.T) {
	fit := func(l *fastlearn.Learner, cbs ...fastlearn.Callback) error {
		return l.Fit(t.Context(), 2, fastlearn.LR(1e-3), fastlearn.Callbacks(cbs...))
	}
	frozen := func(l *fastlearn.Learner, cbs ...fastlearn.Callback) error {
		for _, p := range nn.Parameters(nn.Children(l.Model)[2].Module) {
			p.RequiresGrad_(false)
		}
		return fit(l, append(cbs, callback.BnFreeze())...)
	}
	for _, c := range []struct {
		name  string
		model func() nn.Module
		items int64
		size  int
		run   func(l *fastlearn.Learner, cbs ...fastlearn.Callback) error
		want  []string // in the error; nil for a fit that trains
	}{
		{"a last batch of one", dense, 33, 16, fit, []string{"33 items in batches of 16 leave a last batch of one", `the batch norm "2"`, "Expected more than 1 value per channel", "another batch size"}},
		{"batches of one", dense, 4, 1, fit, []string{"4 items in batches of 1", `the batch norm "2"`, "make larger batches"}},
		{"a set of one", dense, 1, 16, fit, []string{"1 items in batches of 16 leave a last batch of one"}},
		{"one cycle", dense, 33, 16, func(l *fastlearn.Learner, cbs ...fastlearn.Callback) error {
			return l.FitOneCycle(t.Context(), 1, nil, fastlearn.Callbacks(cbs...))
		}, []string{"a last batch of one"}},
		{"a norm run by Forward", func() nn.Module { return newDirect() }, 33, 16, fit, []string{`"inner_bn"`}},
		{"a function's norm", func() nn.Module { return nn.NewSequential(newOwnNorm(), nn.NewLinear(10, 3)) }, 33, 16, fit, []string{`the batch norm "0"`}},
		{"MixUp", dense, 33, 16, func(l *fastlearn.Learner, cbs ...fastlearn.Callback) error {
			return fit(l, append(cbs, callback.MixUp(0.4))...)
		}, []string{"a last batch of one"}},
		{"LRFind that gets there", dense, 97, 16, func(l *fastlearn.Learner, cbs ...fastlearn.Callback) error {
			l.AddCallbacks(cbs...)
			_, err := l.LRFind(t.Context(), fastlearn.NumIt(7))
			return err
		}, []string{"a last batch of one"}},
		{"LRFind that ends before", dense, 129, 16, func(l *fastlearn.Learner, _ ...fastlearn.Callback) error {
			_, err := l.LRFind(t.Context(), fastlearn.NumIt(7), fastlearn.NoStopDiv())
			return err
		}, nil},
		{"ShortEpoch", dense, 33, 16, func(l *fastlearn.Learner, cbs ...fastlearn.Callback) error {
			return fit(l, append(cbs, callback.ShortEpoch(0.1, callback.WholeValid()))...)
		}, nil},
		{"no batch of one", dense, 34, 16, fit, nil},
		{"no norm", func() nn.Module { return nn.NewLinear(10, 3) }, 33, 16, fit, nil},
		{"several values per channel", spatial, 33, 16, fit, nil},
		{"a norm that isn't trained", dense, 33, 16, frozen, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dls := rowsOfTen(t, c.items, c.size)
			learn, err := fastlearn.NewLearner(dls, c.model(), fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			defer learn.Close()
			begun := &begins{}
			before, seed := fmt.Sprint(fixture.WeightsOf(learn)), rngOf(t)
			err = c.run(learn, begun)
			if c.want == nil {
				if err != nil {
					t.Errorf("want no error: %v", err)
				}
				return
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want an error of %q: %v", want, err)
				}
			}
			if begun.n != 0 {
				t.Error("the fit had begun")
			}
			if fmt.Sprint(fixture.WeightsOf(learn)) != before || rngOf(t) != seed {
				t.Error("the model or the generator changed")
			}
			for _, p := range nn.Parameters(learn.Model) {
				if g := p.Grad(); g != nil {
					g.Close()
					t.Error("there are gradients")
				}
			}
		})
	}
}

// rngOf is the state of the generators, the CPU's and each GPU's.
func rngOf(t *testing.T) (all string) {
	t.Helper()
	s := torch.NewScope()
	defer s.Close()
	for i := -1; i < torch.CUDADeviceCount(); i++ {
		device := torch.CPU
		if i >= 0 {
			device = torch.CUDA(i)
		}
		all += fmt.Sprint(torch.ToSlice[uint8](torch.RNGState(device).MoveTo(s)))
	}
	return all
}

// unsized is a custom loader that doesn't tell its sizes, sized one that does.
type unsized struct{ dl *data.TensorLoader }

func (u unsized) Len() int                                                  { return u.dl.Len() }
func (u unsized) Close() error                                              { return nil }
func (u unsized) Batches(ctx context.Context) iter.Seq2[*data.Batch, error] { return u.dl.Batches(ctx) }

type sized struct{ unsized }

func (s sized) Sizes() (items, batchSize int) { return s.dl.Sizes() }

// A loader that doesn't tell its sizes fails at the batch of one, and the running statistics are those of the batches before.
func TestBatchOfOneItemOfOwnLoaders(t *testing.T) {
	for _, tells := range []bool{true, false} {
		dls := rowsOfTen(t, 33, 16)
		own := unsized{dls.Train.(*data.TensorLoader)}
		if dls.Train = own; tells {
			dls.Train = sized{own}
		}
		learn, err := fastlearn.NewLearner(dls, dense(), fastlearn.LossFunc(loss.CrossEntropy{}), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		err = learn.Fit(t.Context(), 1, fastlearn.LR(1e-3))
		if err == nil || !strings.Contains(err.Error(), "Expected more than 1 value per channel") || strings.Contains(err.Error(), "a last batch of one") != tells {
			t.Errorf("tells %v: %v", tells, err)
		}
		norm := nn.Children(learn.Model)[2].Module.(*nn.BatchNorm)
		if n := norm.NumBatchesTracked.ItemInt(); n != map[bool]int64{true: 0, false: 2}[tells] {
			t.Errorf("%d batches tracked", n)
		}
		if v := norm.RunningVar.Sum().Item(); math.IsNaN(v) {
			t.Error("the running variance is NaN")
		}
	}
}

// A vision learner's head has batch norms: 65 pictures in batches of 8 are refused unless the last batch is dropped, which is the default.
func TestBatchOfOnePicture(t *testing.T) {
	files := fixture.ColourFolders(t, 11, "blue", "red")
	block := data.Block[string]{GetY: data.ParentLabel, ItemTfms: vision.Item(vision.Resize(64)), Splitter: func(it data.Items) (train, valid []int, err error) {
		for i := range it.Len {
			if i < 17 {
				train = append(train, i)
			} else {
				valid = append(valid, i)
			}
		}
		return train, valid, nil
	}}
	for i, last := range []data.LoaderOption{data.KeepLast(), data.DropLast()} {
		drop := i == 1
		dls, err := block.DataLoaders(files, data.BatchSize(4), last, data.OnDevice(torch.CPU), data.Workers(1))
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		defer learn.Close()
		err = learn.Fit(t.Context(), 1, nil)
		if refused := err != nil; refused == drop {
			t.Errorf("DropLast(%v): %v", drop, err)
		}
		for _, want := range []string{"17 items in batches of 4 leave a last batch of one", `the batch norm "1.2"`, "DropLast()"} {
			if !drop && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("want an error of %q: %v", want, err)
			}
		}
	}
}

// A process's part tells its own sizes.
func TestSizesOfParts(t *testing.T) {
	same := func(seed uint64) (uint64, error) { return seed, nil }
	whole := rowsOfTen(t, 65, 8).Train.(*data.TensorLoader)
	part, err := whole.ForRank(1, 2, same)
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	if n, size := part.(data.SizedLoader).Sizes(); n != 33 || size != 8 {
		t.Errorf("%d items in batches of %d", n, size)
	}
	dls, err := data.Block[string]{GetY: data.ParentLabel, Splitter: data.IndexSplitter([]int{0})}.DataLoaders(fixture.ColourFolders(t, 7, "blue", "red"), data.BatchSize(3), data.KeepLast(), data.OnDevice(torch.CPU))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	pictures, err := dls.Train.(*data.ItemLoader).ForRank(0, 2, same)
	if err != nil {
		t.Fatal(err)
	}
	defer pictures.Close()
	if n, size := pictures.(data.SizedLoader).Sizes(); n != 7 || size != 3 {
		t.Errorf("%d items in batches of %d", n, size)
	}
}
