package fastlearn_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
)

// errStop ends a fit as an accident would.
var errStop = errors.New("stop")

type stopAfter int

func (s stopAfter) AfterBatch(l *fastlearn.Learner) error {
	if l.Training && l.TrainIter == int(s) {
		return errStop
	}
	return nil
}

// A checkpoint knows its data: whatever differs in them is an error that names it, and nothing else is.
func TestResumeKnowsItsData(t *testing.T) {
	files := fixture.ColourFolders(t, 16, "blue", "green", "red")
	type setup struct {
		files  []string
		block  data.Block[string]
		opts   []data.LoaderOption
		layers []nn.Module
		fit    []fastlearn.OneCycleOption
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "models", "c.pth")
	fit := func(change func(*setup), opts ...fastlearn.OneCycleOption) error {
		s := setup{slices.Clone(files), fixture.ColourBlock(), []data.LoaderOption{data.BatchSize(4), data.Workers(2)}, []nn.Module{&nn.ReLU{}}, nil}
		if change != nil {
			change(&s)
		}
		dls, err := s.block.DataLoaders(s.files, s.opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer dls.Close()
		model := nn.NewSequential(append([]nn.Module{&nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(3, 3)}, s.layers...)...)
		l, err := fastlearn.NewLearner(dls, model, fastlearn.Path(dir), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.FitOneCycle(t.Context(), 2, fastlearn.LR(0.01), append(append(opts, s.fit...), fastlearn.Callbacks(fastlearn.Checkpoint("c", 1)))...)
	}
	if err := fit(nil, fastlearn.Callbacks(stopAfter(3))); !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	moved := t.TempDir()
	if err := os.CopyFS(moved, os.DirFS(filepath.Dir(filepath.Dir(files[0])))); err != nil {
		t.Fatal(err)
	}
	label := func(of func(path, label string) string) func(string) (string, error) {
		return func(path string) (string, error) {
			l, err := data.ParentLabel(path)
			return of(path, l), err
		}
	}
	resize := func(opts ...vision.ResizeOption) vision.ItemTransforms {
		return vision.Item(vision.Resize(16, opts...))
	}
	for _, c := range []struct {
		name   string
		want   []string // parts of the error; none where the fit goes on
		change func(*setup)
	}{
		{"the same", nil, nil},
		{"workers, prefetching, the cache and validation's batches", nil, func(s *setup) {
			s.opts = append(s.opts, data.Workers(1), data.Prefetch(5), data.CacheBytes(1<<20), data.ValidBatchSize(9))
		}},
		{"another directory", nil, func(s *setup) {
			for i, f := range s.files {
				s.files[i] = filepath.Join(moved, filepath.Base(filepath.Dir(f)), filepath.Base(f))
			}
		}},
		{"a callback that only writes", nil, func(s *setup) {
			s.fit = []fastlearn.OneCycleOption{fastlearn.Callbacks(callback.CSVLogger("new.csv"))}
		}},
		{"renamed classes", []string{"classes: red → rose"}, func(s *setup) {
			s.block.GetY = label(func(_, l string) string { return strings.ReplaceAll(l, "red", "rose") })
		}},
		{"classes in another order", []string{"classes: the same in another order, from blue → red on"}, func(s *setup) {
			s.block.Y = data.CategoryBlock{Vocab: []string{"red", "green", "blue"}, Unsort: true}
		}},
		{"another label", []string{"labels: 1 item has another one, such as blue/aa.jpg"}, func(s *setup) {
			s.block.GetY = label(func(p, l string) string {
				if strings.HasSuffix(p, "blue/aa.jpg") {
					return "green"
				}
				return l
			})
		}},
		{"another split", []string{"split: ", " moved between"}, func(s *setup) { s.block.Splitter = data.RandomSplitter(0.25, 7) }},
		{"the split in another order", []string{"split: the same items in another order"}, func(s *setup) {
			s.block.Splitter = func(items data.Items) ([]int, []int, error) {
				train, valid, err := data.RandomSplitter(0.25, 1)(items)
				slices.Sort(train)
				return train, valid, err
			}
		}},
		{"another order", []string{"order: "}, func(s *setup) { slices.Reverse(s.files) }},
		{"fewer files", []string{"items: of 48, 1 are gone and 0 are new"}, func(s *setup) { s.files = slices.Delete(s.files, 3, 4) }},
		{"more files", []string{"items: of 48, 0 are gone and 1 are new"}, func(s *setup) { s.files = append(s.files, s.files[0]) }},
		{"another size", []string{"item transforms: Resize(16×16, crop, reflection) → Resize(20×20, crop, reflection)"}, func(s *setup) {
			s.block.ItemTfms = vision.Item(vision.Resize(20))
		}},
		{"another method", []string{"item transforms: ", "squish"}, func(s *setup) { s.block.ItemTfms = resize(vision.Method(vision.Squish)) }},
		{"no augmentation", []string{"batch transforms: ", "→ none"}, func(s *setup) { s.block.BatchTfms = vision.BatchTransforms{} }},
		{"another augmentation", []string{"batch transforms: ", "Rotate(20"}, func(s *setup) {
			s.block.BatchTfms = vision.AugTransforms(vision.Size(12), vision.MinScale(0.75), vision.MaxRotate(20))
		}},
		{"another probability", []string{"batch transforms: "}, func(s *setup) {
			s.block.BatchTfms = vision.AugTransforms(vision.Size(12), vision.MinScale(0.75), vision.PLighting(0.5))
		}},
		{"another sampling", []string{"batch transforms: none → SamplingOnce"}, func(s *setup) {
			s.block.BatchTfms = s.block.BatchTfms.Sampled(vision.SamplingOnce)
		}},
		{"grey", []string{"decoder: Decoder() → Decoder(orient)"}, func(s *setup) { s.block.X = data.ImageBlock{Orient: true} }},
		{"batches", []string{"batch size: 4 → 5"}, func(s *setup) { s.opts = append(s.opts, data.BatchSize(5), data.ValidBatchSize(4)) }},
		{"shuffling", []string{"shuffle: true → false", "drop last: true → false"}, func(s *setup) { s.opts = append(s.opts, data.NoShuffle()) }},
		{"weights", []string{"sample weights: none → #"}, func(s *setup) {
			s.opts = append(s.opts, data.SampleWeights(append(make([]float64, 12), slices.Repeat([]float64{1}, 36)...)))
		}},
		{"skipping", []string{"skip unreadable: false → true"}, func(s *setup) { s.opts = append(s.opts, data.SkipUnreadable()) }},
		{"a layer without tensors", []string{"model: 3 ReLU(inplace false) → 3 Dropout(p 0.3)"}, func(s *setup) { s.layers = []nn.Module{&nn.Dropout{P: 0.3}} }},
		{"a schedule", []string{"callbacks: none → ParamScheduler(eps #"}, func(s *setup) {
			s.fit = []fastlearn.OneCycleOption{fastlearn.Callbacks(&fastlearn.ParamScheduler{Scheds: map[string][]fastlearn.Schedule{"eps": {fastlearn.SchedLin(1e-5, 1e-4)}}})}
		}},
		{"all at once", []string{"split: ", "item transforms: ", "batch transforms: ", "batch size: "}, func(s *setup) {
			s.block.Splitter, s.block.ItemTfms, s.block.BatchTfms = data.RandomSplitter(0.25, 7), resize(vision.Method(vision.Pad)), vision.BatchTransforms{}
			s.opts = append(s.opts, data.BatchSize(3))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.WriteFile(path, whole, 0o666); err != nil {
				t.Fatal(err)
			}
			err := fit(c.change, fastlearn.Resume("c"))
			if c.want == nil {
				if err != nil {
					t.Errorf("want it to go on: %v", err)
				}
				return
			}
			for _, want := range append(c.want, "c.pth", "may differ") {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want an error of %q: %v", want, err)
				}
			}
			if after, err := os.ReadFile(path); err != nil || !slices.Equal(after, whole) {
				t.Errorf("the checkpoint is changed, %v", err)
			}
		})
	}
}

// What a program is before and after its types were renamed and moved: two of each, alike but for their names.
type (
	lossThen   struct{ Beta float64 }
	lossNow    struct{ Beta float64 }
	layerThen  struct{ nn.Flatten }
	layerNow   struct{ nn.Flatten }
	memoryThen struct{ n int64 }
	memoryNow  struct{ n int64 }
	namedThen  struct{ memoryThen }
	namedNow   struct{ memoryNow }
	loaderThen struct{ *data.TensorLoader }
	loaderNow  struct{ *data.TensorLoader }
)

func (lossThen) Loss(p, t *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.MSELoss(p, t, r)
}
func (lossThen) Activation(p *torch.Tensor) *torch.Tensor { return p }
func (lossThen) Decode(p *torch.Tensor) *torch.Tensor     { return p }
func (lossNow) Loss(p, t *torch.Tensor, r torch.Reduction) *torch.Tensor {
	return torch.MSELoss(p, t, r)
}
func (lossNow) Activation(p *torch.Tensor) *torch.Tensor { return p }
func (lossNow) Decode(p *torch.Tensor) *torch.Tensor     { return p }

func (m *memoryThen) AfterBatch(*fastlearn.Learner) error         { m.n++; return nil }
func (m *memoryThen) State(*fastlearn.Learner) (*pth.Dict, error) { return stateOf(m.n), nil }
func (m *memoryNow) AfterBatch(*fastlearn.Learner) error          { m.n++; return nil }
func (m *memoryNow) State(*fastlearn.Learner) (*pth.Dict, error)  { return stateOf(m.n), nil }
func (*namedThen) Identity() string                               { return "Counter" }
func (*namedNow) Identity() string                                { return "Counter" }
func (m *memoryThen) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) (err error) {
	m.n, _ = pth.Get[int64](d, "n")
	return nil
}
func (m *memoryNow) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) (err error) {
	m.n, _ = pth.Get[int64](d, "n")
	return nil
}

func stateOf(n int64) *pth.Dict {
	d := pth.NewDict()
	d.Set("n", n)
	return d
}

// A checkpoint outlives the names of types: a program whose custom loss, layer, loader and callbacks are called otherwise now
// resumes it, and each callback gets its own state.
func TestResumeAfterARename(t *testing.T) {
	dir := t.TempDir()
	mk := func(loss loss.Loss, layer nn.Module, wrap func(*data.TensorLoader) data.Loader) *fastlearn.Learner {
		torch.ManualSeed(1)
		var own *torch.Scope
		x := own.Randn(32, 1)
		t.Cleanup(x.Close)
		loader := &data.TensorLoader{X: x, Y: x, BatchSize: 8}
		l, err := fastlearn.NewLearner(data.NewLoaders(wrap(loader), loader, torch.DefaultDevice()), nn.NewSequential(nn.NewLinear(1, 1), layer), fastlearn.LossFunc(loss), fastlearn.Path(dir), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	then := mk(lossThen{2}, &layerThen{}, func(l *data.TensorLoader) data.Loader { return loaderThen{l} })
	err := then.FitOneCycle(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(&memoryThen{n: 100}, &namedThen{memoryThen{200}}, fastlearn.Checkpoint("c", 1), stopAfter(3)))
	if !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	checkStoredNames(t, filepath.Join(dir, "models", "c.pth"))
	now := mk(lossNow{2}, &layerNow{}, func(l *data.TensorLoader) data.Loader { return loaderNow{l} })
	a, b := &memoryNow{}, &namedNow{}
	if err := now.FitOneCycle(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(a, b, fastlearn.Checkpoint("d", 1)), fastlearn.Resume("c")); err != nil {
		t.Fatal(err)
	}
	if batches := int64(2*4 + 2*4); a.n != 100+batches || b.n != 200+batches {
		t.Errorf("the callbacks counted to %d and %d, want %d and %d", a.n, b.n, 100+batches, 200+batches)
	}
	other := mk(lossNow{3}, &layerNow{}, func(l *data.TensorLoader) data.Loader { return loaderNow{l} })
	err = other.FitOneCycle(t.Context(), 2, fastlearn.LR(0.01), fastlearn.Callbacks(&memoryNow{}, &namedNow{}), fastlearn.Resume("c"))
	if err == nil || !strings.Contains(err.Error(), "loss: custom{Beta: 2} → custom{Beta: 3}") {
		t.Errorf("a custom loss with another setting: %v", err)
	}
}

// goType is the name of a type as Go prints it.
var goType = regexp.MustCompile(`\*?\b[a-z]\w*\.[A-Za-z]\w*`)

// checkStoredNames looks for names of types in what a checkpoint knows of its fit.
func checkStoredNames(t *testing.T, path string) {
	t.Helper()
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opt, _ := pth.Get[*pth.Dict](f.Value().(*pth.Dict), "opt")
	training, _ := pth.Get[*pth.Dict](opt, "training")
	seen := 0
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			if seen++; goType.MatchString(v) {
				t.Errorf("the checkpoint holds the name of a type: %q", v)
			}
		case *pth.Dict:
			for k, inner := range v.All() {
				look(k)
				look(inner)
			}
		case *pth.List:
			for _, inner := range v.Items {
				look(inner)
			}
		}
	}
	look(training)
	if seen < 30 {
		t.Errorf("the checkpoint has %d texts: %s", seen, fmt.Sprint(training))
	}
}
