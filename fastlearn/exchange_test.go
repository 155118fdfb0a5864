package fastlearn_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Checkpoints go both ways between fastlearn and fastai, with and without the
// optimizer: predictions agree within 1e-4, and so does the next step.
func TestCheckpointsGoBothWays(t *testing.T) {
	dir := t.TempDir()
	files := pngFolders(t, dir)
	ctx := context.Background()
	open := func() *fastlearn.Learner {
		t.Helper()
		torch.ManualSeed(2)
		block := data.Block[string]{GetY: data.ParentLabel, Splitter: data.RandomSplitter(0.25, 1), ItemTfms: vision.Item(vision.Resize(32))}
		dls, err := block.DataLoaders(files, data.BatchSize(4))
		if err != nil {
			t.Fatal(err)
		}
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Path(dir), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { learn.Close(); dls.Close() })
		return learn
	}
	ours := open()
	if err := ours.FitOneCycle(ctx, 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	for name, withOpt := range parity.Sorted(map[string]bool{"go": true, "go-bare": false}) {
		if _, err := ours.Save(name, optimizer(withOpt)...); err != nil {
			t.Fatal(err)
		}
	}
	var want struct {
		Go         [][]float64          `json:"go"`
		GoBare     [][]float64          `json:"go_bare"`
		GoHypers   []map[string]float64 `json:"go_hypers"`
		GoSteps    []int                `json:"go_steps"`
		GoNext     []float64            `json:"go_next"`
		PlainKeys  []string             `json:"plain_keys"`
		MMapKeys   []string             `json:"mmap_keys"`
		Keys       []string             `json:"keys"`
		Shapes     [][]int64            `json:"shapes"`
		DTypes     []string             `json:"dtypes"`
		Groups     []int                `json:"groups"`
		Flags      [][2]bool            `json:"flags"` // do_wd, force_train
		Fastai     [][]float64          `json:"fastai"`
		FastaiNext []float64            `json:"fastai_next"`
	}
	parity.Python(t, "exchange.py", map[string]any{"dir": dir, "files": files}, &want)

	// Names, order, shapes, dtypes, groups and flags are fastai's.
	var keys []string
	for i, n := range nn.StateDict(ours.Model) {
		keys = append(keys, n.Name)
		if !slices.Equal(n.Shape(), want.Shapes[i]) || "torch."+n.DType().String() != want.DTypes[i] {
			t.Errorf("%s: %v %v, want %v %v", n.Name, n.DType(), n.Shape(), want.DTypes[i], want.Shapes[i])
		}
	}
	if !slices.Equal(keys, want.Keys) || !slices.Equal(keys, want.MMapKeys) {
		t.Errorf("keys %v\nfastai's %v\nin the file %v", keys, want.Keys, want.MMapKeys)
	}
	if !slices.Equal(want.PlainKeys, []string{"model", "opt"}) {
		t.Errorf("plain torch.load finds %v", want.PlainKeys)
	}
	for i, g := range ours.Opt.Groups {
		if len(g.Params) != want.Groups[i] {
			t.Errorf("group %d has %d parameters, fastai's %d", i, len(g.Params), want.Groups[i])
		}
		parity.Relative(t, "hypers", []float64{g.Hypers["lr"], g.Hypers["mom"], g.Hypers["wd"], g.Hypers["eps"]},
			[]float64{want.GoHypers[i]["lr"], want.GoHypers[i]["mom"], want.GoHypers[i]["wd"], want.GoHypers[i]["eps"]}, 1e-12)
	}
	for i, p := range ours.Opt.Params() {
		if p.NoDecay == want.Flags[i][0] || p.ForceTrain != want.Flags[i][1] {
			t.Errorf("parameter %d: NoDecay %v, ForceTrain %v; fastai's do_wd %v, force_train %v", i, p.NoDecay, p.ForceTrain, want.Flags[i][0], want.Flags[i][1])
		}
		if want.GoSteps[i] != 6 {
			t.Errorf("parameter %d: fastai reads step %d, want 6", i, want.GoSteps[i])
		}
	}

	// Go's file in Python.
	test := func(l *fastlearn.Learner) [][]float64 {
		t.Helper()
		dl, err := l.DLs.TestDL(files)
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.GetPreds(ctx, dl)
		if err != nil {
			t.Fatal(err)
		}
		return p.Probs
	}
	probs, tol := slices.Concat(test(ours)...), parity.Rounding(parity.Float32, 9*512, 1) // the longest sum of a ResNet-18 has 9·512 terms
	parity.Close(t, "fastai with go.pth", slices.Concat(want.Go...), probs, tol)
	parity.Close(t, "fastai with go-bare.pth", slices.Concat(want.GoBare...), probs, tol)
	parity.Close(t, "fastai's next step", want.GoNext, nextStep(ours), parity.Rounding(parity.Float32, 1, parity.Largest(want.GoNext)))

	// Python's file in Go.
	for name, withOpt := range parity.Sorted(map[string]bool{"fastai": true, "fastai-bare": false}) {
		l := open()
		if err := l.Load(name, optimizer(withOpt)...); err != nil {
			t.Fatal(err)
		}
		parity.Close(t, "ours with "+name, slices.Concat(test(l)...), slices.Concat(want.Fastai...), tol)
		if withOpt {
			parity.Close(t, "our next step", nextStep(l), want.FastaiNext, parity.Rounding(parity.Float32, 1, parity.Largest(want.FastaiNext)))
		}
	}
}

// nextStep gives every parameter the gradient 0.01, steps, and adds up each parameter.
func nextStep(l *fastlearn.Learner) []float64 {
	s := torch.NewScope()
	defer s.Close()
	var sums []float64
	for _, p := range nn.Parameters(l.Model) {
		p.SetGrad(s.With(p.Device()).Full(0.01, p.Shape()...))
	}
	l.Opt.Step()
	for _, p := range nn.Parameters(l.Model) {
		sums = append(sums, p.In(s).To(torch.Float64).Sum().Item())
	}
	return sums
}

// pngFolders writes pictures of 32×32 pixels, without loss, of two classes.
func pngFolders(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	for k, class := range []string{"left", "right"} {
		if err := os.Mkdir(filepath.Join(dir, class), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range 16 {
			m := image.NewNRGBA(image.Rect(0, 0, 32, 32))
			for p := range m.Pix {
				m.Pix[p] = uint8((p*(k*5+3) + i*37 + p/97) % 256)
				if p%4 == 3 {
					m.Pix[p] = 255
				}
			}
			path := filepath.Join(dir, class, fmt.Sprintf("%02d.png", i))
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, m); err != nil {
				t.Fatal(err)
			}
			f.Close()
			files = append(files, path)
		}
	}
	return files
}

// optimizer are the options to save or load with the optimizer's state, or without.
func optimizer(with bool) (opts []fastlearn.SaveOption) {
	if !with {
		opts = append(opts, fastlearn.WithoutOpt())
	}
	return opts
}
