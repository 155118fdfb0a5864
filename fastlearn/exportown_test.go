package fastlearn_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

// unknownModel is a model that nothing can describe.
type unknownModel struct {
	nn.Base
	inner nn.Module
}

func (m *unknownModel) Forward(x *torch.Tensor) *torch.Tensor { return m.inner.Forward(x) }

func newUnknown() nn.Module {
	m := &unknownModel{inner: fixture.SmallModel(2)}
	m.Register("inner", m.inner)
	return m
}

// A custom model that can't be described is refused with what to do, and goes by a name.
func TestExportOfOwnModels(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	learn, err := fastlearn.NewLearner(dls, newUnknown(), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if _, err := learn.Export("x"); err == nil || !strings.Contains(err.Error(), "unknownModel") || !strings.Contains(err.Error(), "OwnModel") {
		t.Errorf("not described: %v", err)
	}
	if _, err := os.Stat(filepath.Join(learn.Path, "x.safetensors")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused export leaves a file: %v", err)
	}
	file, err := learn.Export("x", fastlearn.OwnModel("small"))
	if err != nil {
		t.Fatal(err)
	}
	for what, opts := range parity.Sorted(map[string][]predictor.Option{
		"BuildModel":      nil,
		"it is broken":    {predictor.BuildModel(func(string) (nn.Module, error) { return nil, errors.New("it is broken") })},
		"state_dict does": {predictor.BuildModel(func(string) (nn.Module, error) { return fixture.SmallModel(2), nil })},
	}) {
		if _, err := predictor.Load(file, opts...); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("want %q: %v", what, err)
		}
	}
	p, err := predictor.Load(file, predictor.BuildModel(func(name string) (nn.Module, error) {
		if name != "small" {
			t.Errorf("the name is %q", name)
		}
		return newUnknown(), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	want, err := learn.Predict(t.Context(), files[0])
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Predict(t.Context(), files[0])
	fixture.SamePrediction(t, "own model", got, err, want)

	own := fixture.Line(t)
	if _, err := own.Export("y"); err == nil || !strings.Contains(err.Error(), "loaders") {
		t.Errorf("custom loaders: %v", err)
	}
	learn.Loss = squaredClasses{}
	if _, err := learn.Export("y", fastlearn.OwnModel("z")); err == nil || !strings.Contains(err.Error(), "squaredClasses") {
		t.Errorf("a loss whose activation is its own: %v", err)
	}
}

// squaredClasses is a loss whose activation no file can hold.
type squaredClasses struct{ loss.CrossEntropy }

func (squaredClasses) Activation(p *torch.Tensor) *torch.Tensor { return p.Mul(p) }

// exportedFile is what a learner exports, and the same opened.
func exportedFile(t *testing.T, learn *fastlearn.Learner) (string, *safetensors.File) {
	t.Helper()
	file, err := learn.Export("good")
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return file, f
}

// Whatever is wrong with a file is said, with what to do.
func TestLoadPredictorRefuses(t *testing.T) {
	collector.Off(t)
	learn := exportCases()[6].learner(t, fixture.ColourFolders(t, 8, "blue", "red"))
	file, f := exportedFile(t, learn)
	dir := t.TempDir()
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := f.Metadata[files.ExportKey]
	state := f.StateDict()
	described := func(text string, state *pth.Dict) func(string) error {
		return func(path string) error {
			return safetensors.WriteFile(path, state, safetensors.Checksums(), safetensors.Metadata(map[string]string{files.ExportKey: text}))
		}
	}
	change := func(old, new string) func(string) error {
		if !strings.Contains(text, old) {
			t.Fatalf("%s is not in %s", old, text)
		}
		return described(strings.Replace(text, old, new, 1), state)
	}
	without := pth.NewOrderedDict()
	for k, v := range state.All() {
		if k != "0.weight" {
			without.Set(k, v)
		}
	}
	saved, err := learn.Save("saved")
	if err != nil {
		t.Fatal(err)
	}
	pthFile, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	before := torch.LiveTensors()
	for name, c := range parity.Sorted(map[string]struct {
		write func(path string) error
		want  string
	}{
		"a .pth file":   {func(p string) error { return os.WriteFile(p, pthFile, 0o666) }, "safetensors"},
		"weights alone": {func(p string) error { return safetensors.WriteFile(p, state) }, "Learner.Export"},
		"no checksums": {func(p string) error {
			return safetensors.WriteFile(p, state, safetensors.Metadata(map[string]string{files.ExportKey: text}))
		}, "export it again"},
		"cut off":            {func(p string) error { return os.WriteFile(p, good[:len(good)-5], 0o666) }, "safetensors"},
		"empty":              {func(p string) error { return os.WriteFile(p, nil, 0o666) }, "safetensors"},
		"no JSON":            {described("{", state), "damaged"},
		"newer":              {change(`"version":1`, `"version":2`), "newer fastlearn"},
		"version 0":          {change(`"version":1`, `"version":0`), "version 0"},
		"an unknown body":    {change(`{"type":"ReLU","args":{"inplace":true}}`, `{"type":"Body","args":{"arch":"resnet19","in_channels":3}}`), "resnet19"},
		"an unknown module":  {change(`"ReLU"`, `"GELU"`), "GELU"},
		"an unknown step":    {change(`"Resize"`, `"Shrink"`), "Shrink"},
		"a bad size":         {change(`"w":32`, `"w":-1`), "Resize"},
		"activation":         {change(`"activation":"none"`, `"activation":"tanh"`), "tanh"},
		"decoding":           {change(`"decode":"none"`, `"decode":"?"`), "decoding"},
		"huge":               {change(`"out_channels":8`, `"out_channels":800000000`), "million"},
		"other shape":        {change(`"out_features":1`, `"out_features":2`), "10.weight"},
		"large":              {change(`"out_features":1`, `"out_features":900000`), "asks for"},
		"large pictures":     {change(`"w":32`, `"w":900000`), "a side"},
		"many pixels":        {change(`"w":32,"h":32`, `"w":9000,"h":9000`), "9000×9000: want at most"},
		"no groups":          {change(`"groups":1`, `"groups":0`), "groups"},
		"outputs":            {change(`"n_out":1`, `"n_out":3`), "outputs"},
		"channels":           {change(`"n_in":3`, `"n_in":1`), "n_in"},
		"channels don't fit": {change(`"mean":[0.485,0.456,0.406]`, `"mean":[0.485,0.456]`), "Normalize"},
		"doesn't run":        {change(`"kernel_size":2`, `"kernel_size":200`), "doesn't run"},
		"a weight is gone":   {described(text, without), "0.weight"},
		"absent":             {func(string) error { return nil }, "no such file"},
	}) {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+".safetensors")
		if err := c.write(path); err != nil {
			t.Fatal(err)
		}
		p, err := predictor.Load(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			p.Close()
		}
	}
	for _, opt := range []predictor.Option{predictor.Batching(0, 0), predictor.Batching(1, -1), predictor.Workers(0), predictor.OnDevice(torch.CUDA(99))} {
		if _, err := predictor.Load(file, opt); err == nil {
			t.Error("a bad option is not refused")
		}
	}
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}
