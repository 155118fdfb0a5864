package fastlearn_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A learner whose last use is the writing of a file stays until the file is written: it is the file that a
// learner writes which is used afterwards.
func TestSavingIsALearnersLastUse(t *testing.T) {
	writers := []struct {
		name string
		save func(l *fastlearn.Learner, name string) (string, error)
	}{
		{"model.pth", func(l *fastlearn.Learner, name string) (string, error) { return l.Save(name) }},
		{"model.safetensors", func(l *fastlearn.Learner, name string) (string, error) { return l.Save(name, fastlearn.WithoutOpt()) }},
		{"body.pth", func(l *fastlearn.Learner, name string) (string, error) { return l.SaveBody(name) }},
		{"body.safetensors", func(l *fastlearn.Learner, name string) (string, error) { return l.SaveBody(name) }},
		{"exported.safetensors", func(l *fastlearn.Learner, name string) (string, error) { return l.Export(name) }},
	}
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 8, "blue", "red"), data.BatchSize(4))
	defer dls.Close()
	learner := func(dir string) *fastlearn.Learner {
		torch.ManualSeed(7)
		l, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Path(dir), fastlearn.ModelDir("."), fastlearn.Logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.EnsureOpt(); err != nil {
			t.Fatal(err)
		}
		for _, p := range l.Opt.Params() {
			g := p.Detach().Clone()
			p.SetGrad(g)
			g.Close()
		}
		torch.NoGrad(l.Opt.Step)
		return l
	}
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ours, theirs := t.TempDir(), t.TempDir()
	held := learner(ours)
	defer held.Close()
	var sizes []int64
	for _, n := range nn.StateDict(held.Model) {
		sizes = append(sizes, n.Numel())
	}
	for _, w := range writers {
		t.Run(w.name, func(t *testing.T) {
			path, err := w.save(held, w.name)
			if err != nil {
				t.Fatal(err)
			}
			want := read(path)
			collector.Busy(sizes, func() { path, err = w.save(learner(theirs), w.name) })
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(read(path), want) {
				t.Error("the file holds what is not the model's")
			}
		})
	}
}
