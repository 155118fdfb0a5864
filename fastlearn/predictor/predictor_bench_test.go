package predictor_test

import (
	"runtime"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// One picture, through a learner and through the predictor of its export: the whole way from
// the file, and the model alone.
func BenchmarkPredict(b *testing.B) {
	files := fixture.ColourFolders(b, 8, "blue", "red")
	for _, c := range []struct {
		name string
		arch vision.Arch
		size int
	}{{"resnet18at128", vision.ResNet18, 128}, {"resnet34at224", vision.ResNet34, 224}} {
		block := fixture.ColourBlock()
		block.ItemTfms, block.BatchTfms = vision.Item(vision.Resize(c.size)), vision.Batch(vision.Normalize(vision.ImageNetStats()))
		dls, err := block.DataLoaders(files, data.BatchSize(4))
		if err != nil {
			b.Fatal(err)
		}
		defer dls.Close()
		learn, err := fastlearn.VisionLearner(dls, c.arch, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Path(b.TempDir()))
		if err != nil {
			b.Fatal(err)
		}
		defer learn.Close()
		file, err := learn.Export("model")
		if err != nil {
			b.Fatal(err)
		}
		p, err := predictor.Load(file)
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		nn.Eval(learn.Model)
		for name, predict := range parity.Sorted(map[string]func() error{
			"learner":   func() error { _, err := learn.Predict(b.Context(), files[0]); return err },
			"predictor": func() error { _, err := p.Predict(b.Context(), files[0]); return err },
			"model":     forward(learn.Model.Forward, c.size),
			"made":      forward(p.Forward, c.size),
		}) {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				for b.Loop() {
					if err := predict(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// forward runs a model on one picture.
func forward(f func(x *torch.Tensor) *torch.Tensor, size int) func() error {
	return func() error {
		s := torch.NewScope()
		defer s.Close()
		return torch.Try(func() {
			torch.NoGrad(func() { f(s.Ones(1, 3, int64(size), int64(size))) })
		})
	}
}
