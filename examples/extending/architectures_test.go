package extending_test

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/examples/extending"
	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A custom architecture, of a table or a module, gets fastai's head and groups, learns, and begins with the weights of a whole model's file, also
// for images of one channel.
func TestArchitectures(t *testing.T) {
	archs := map[string]vision.Arch{"patchnet": extending.PatchNetArch}
	for name, row := range maps.All(extending.PlainNets) {
		archs[name] = row.Arch(name)
	}
	b := data.Block[string]{GetY: data.ParentLabel, Splitter: data.RandomSplitter(0.25, 1), ItemTfms: vision.Item(vision.Resize(16))}
	files := pictures(t, 8)
	for name, arch := range parity.Sorted(archs) {
		t.Run(name, func(t *testing.T) {
			dls, err := b.DataLoaders(files, data.BatchSize(4))
			if err != nil {
				t.Fatal(err)
			}
			defer dls.Close()
			torch.ManualSeed(1)
			whole := arch.New(10)
			defer nn.Close(whole)
			file := filepath.Join(t.TempDir(), "whole.pth")
			state, err := nn.ToPTH(whole)
			if err == nil {
				err = pth.WriteFile(file, state)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer state.Release()
			learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.Weights(file), fastlearn.NoLogging())
			if err != nil {
				t.Fatal(err)
			}
			defer learn.Close()
			first := func(m nn.Module) *torch.Tensor { return nn.Parameters(m)[0] }
			if !first(learn.Model).Equal(first(whole)) {
				t.Error("the body hasn't the file's weights")
			}
			if err := learn.FineTune(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
			groups := map[bool]int{true: 3, false: 2}[len(arch.Split) > 0]
			if n := len(learn.Opt.Groups); n != groups {
				t.Errorf("%d groups, want %d", n, groups)
			}
			losses := learn.Recorder.Losses
			if last := losses[len(losses)-1]; !(last < losses[0]) {
				t.Errorf("the loss was %g and is %g", losses[0], last)
			}
			gray, err := fastlearn.VisionLearner(dls, arch, fastlearn.Weights(file), fastlearn.NIn(1), fastlearn.NoLogging())
			if err != nil {
				t.Fatal(err)
			}
			defer gray.Close()
			s := torch.NewScope()
			defer s.Close()
			torch.NoGrad(func() {
				if d := first(gray.Model).In(s).Sub(first(whole).In(s).KeepDim().Sum(1)).Abs().Max().Item(); !(d < 1e-6) {
					t.Errorf("of three channels one is made that is off by %g", d)
				}
			})
		})
	}
}
