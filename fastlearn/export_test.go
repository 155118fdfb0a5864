package fastlearn_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/version"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision"
)

// exportCase is a learner of some kind that goes into a file.
type exportCase struct {
	name    string
	block   func(*data.Block[string])
	own     bool // SmallModel, else a vision learner
	options []fastlearn.LearnerOption
	head    func() nn.Module
	python  bool // its transforms are those that predictor.py knows; JPEG files are decoded in full, as PIL does
}

func exportCases() []exportCase {
	resizeOnly := func(b *data.Block[string]) {
		b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(32)), vision.Batch(vision.Normalize(vision.ImageNetStats()))
	}
	class := func(p string) string { return filepath.Base(filepath.Dir(p)) }
	return []exportCase{
		{name: "classes", block: resizeOnly, python: true},
		{name: "augmented", block: func(b *data.Block[string]) {
			b.BatchTfms = vision.AugTransforms(vision.Size(40), vision.MinScale(0.75)).With(vision.RandomErasing(1))
		}},
		{name: "once", block: func(b *data.Block[string]) {
			b.BatchTfms = vision.AugTransforms(vision.Size(40), vision.MinScale(0.75)).Sampled(vision.SamplingOnce)
		}},
		{name: "random crops", block: func(b *data.Block[string]) {
			b.ItemTfms = vision.Item(vision.FlipItem(0.5), vision.RandomResizedCrop(36, 32, vision.ValXtra(0.3)))
			b.BatchTfms = vision.AugTransforms(vision.SizeTo(30, 34), vision.Mode(torch.Bicubic), vision.Padding(vision.Zeros), vision.NoAlignCorners())
		}},
		{name: "padded", block: func(b *data.Block[string]) {
			b.ItemTfms = vision.Item(vision.RatioResize(40), vision.RandomCrop(36, 48))
			b.BatchTfms = vision.Batch(vision.RandomResizedCropGPU(33, 31, vision.Ratio(1, 1), vision.ValidScale(0.9)))
		}},
		{name: "grey, several labels", python: true, block: func(b *data.Block[string]) {
			b.X.Gray, b.Y = true, data.MultiCategoryBlock{Delim: "+"}
			b.GetY = func(p string) (string, error) { return class(p) + "+small", nil }
			b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(32)), vision.Batch(vision.Normalize([]float64{0.4}, []float64{0.3}))
		}, options: []fastlearn.LearnerOption{fastlearn.LossFunc(loss.BCEWithLogits{Threshold: 0.3}), fastlearn.NIn(1), fastlearn.Head(vision.HeadOptions{LinFtrs: []int64{32, 16}, Ps: []float64{0}})}},
		{name: "a number", python: true, own: true, block: func(b *data.Block[string]) {
			resizeOnly(b)
			b.Y, b.GetY = data.RegressionBlock{}, func(p string) (string, error) { return fmt.Sprint(len(class(p))), nil }
		}},
		{name: "numbers, custom head", python: true, block: func(b *data.Block[string]) {
			resizeOnly(b)
			b.Y, b.GetY = data.RegressionBlock{}, func(p string) (string, error) { return "1 2.5", nil }
		}, head: func() nn.Module {
			return nn.NewSequential(&nn.AdaptiveMaxPool2d{Size: 1}, &nn.Flatten{}, nn.NewLinear(512, 2))
		}},
	}
}

func (c exportCase) learner(t *testing.T, files []string) *fastlearn.Learner {
	t.Helper()
	block := fixture.ColourBlock()
	c.block(&block)
	block.X.Full = c.python
	dls, err := block.DataLoaders(files, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	options := append([]fastlearn.LearnerOption{fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Path(t.TempDir())}, c.options...)
	if c.head != nil {
		options = append(options, fastlearn.CustomHead(c.head()))
	}
	var learn *fastlearn.Learner
	if c.own {
		learn, err = fastlearn.NewLearner(dls, fixture.SmallModel(int64(dls.Outputs())), options...)
	} else {
		learn, err = fastlearn.VisionLearner(dls, vision.ResNet18, options...)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); dls.Close() })
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	return learn
}

type predictorJob struct {
	File    string    `json:"file"`
	Pixels  []float32 `json:"pixels"`
	Shape   []int64   `json:"shape"`
	Picture string    `json:"picture"`
}

// An exported learner predicts what the learner does, from files, bytes and images, in Go and,
// loaded by the script of the docs, in Python.
func TestExport(t *testing.T) {
	collector.Off(t)
	torch.ManualSeed(3)
	files := fixture.ColourFolders(t, 8, "blue", "red")
	photo := parityPhoto(t, files[3])
	var jobs []predictorJob
	var logits [][]float64
	var predictions []predictor.Prediction
	before := torch.LiveTensors()
	for _, c := range exportCases() {
		t.Run(c.name, func(t *testing.T) {
			learn := c.learner(t, files)
			if c.name == "augmented" { // however its weights lie
				learn.ToChannelsLast()
			}
			file, err := learn.Export("model")
			if err != nil {
				t.Fatal(err)
			}
			p, err := predictor.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if !slices.Equal(p.Vocab(), learn.DLs.Vocab) {
				t.Errorf("vocabulary %v, want %v", p.Vocab(), learn.DLs.Vocab)
			}
			all := p.PredictAll(t.Context(), files)
			for i, f := range files {
				want, err := learn.Predict(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.Predict(t.Context(), f)
				fixture.SamePrediction(t, f, got, err, want)
				fixture.SamePrediction(t, "of all, "+f, all[i].Prediction, all[i].Err, want)
			}
			data, err := os.ReadFile(photo)
			if err != nil {
				t.Fatal(err)
			}
			want, err := learn.Predict(t.Context(), photo)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.PredictBytes(t.Context(), data)
			fixture.SamePrediction(t, "bytes", got, err, want)
			m, err := vision.Open(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if want, err = learn.PredictImage(t.Context(), m.ToGo()); err != nil {
				t.Fatal(err)
			}
			got, err = p.PredictImage(t.Context(), m.ToGo())
			fixture.SamePrediction(t, "image", got, err, want)

			s := torch.NewScope()
			defer s.Close()
			job := predictorJob{File: file, Shape: []int64{2, int64(learn.DLs.Channels()), 32, 32}}
			if c.python {
				dl, err := learn.DLs.TestDL([]string{photo})
				if err != nil {
					t.Fatal(err)
				}
				defer dl.Close()
				job.Shape[0], job.Pixels = 1, fixture.Pixels(t, dl)
			} else {
				job.Pixels = torch.ToSlice[float32](s.With(torch.Float32).Arange(2 * int64(learn.DLs.Channels()) * 32 * 32).Sin())
			}
			nn.Eval(learn.Model)
			torch.NoGrad(func() {
				x := torch.FromSlice(s, job.Pixels).Reshape(job.Shape...).To(learn.DLs.Device)
				logits = append(logits, torch.ToSlice[float64](learn.Model.Forward(x).To(torch.Float64)))
			})
			if c.python {
				job.Picture = photo
			}
			prediction, err := p.Predict(t.Context(), photo)
			if err != nil {
				t.Fatal(err)
			}
			predictions = append(predictions, prediction)
			kept := filepath.Join(filepath.Dir(files[0]), fmt.Sprint(len(jobs))+".safetensors")
			if err := os.Rename(file, kept); err != nil {
				t.Fatal(err)
			}
			job.File = kept
			jobs = append(jobs, job)
		})
	}
	if n := torch.LiveTensors() - before; n != 0 {
		t.Errorf("%d tensors live", n)
	}
	if t.Failed() {
		return
	}
	var want []struct {
		Logits, Probs, Pixels []float64
		Label                 string
	}
	parity.Python(t, "predictor.py", jobs, &want)
	tol := parity.Rounding(parity.Float32, 9*512, 1) // the longest sum of a ResNet-18 has 9·512 terms
	for i, c := range exportCases() {
		parity.Close(t, c.name+": logits in Python", want[i].Logits, logits[i], tol)
		if c.python {
			parity.Close(t, c.name+": prediction in Python", want[i].Probs, predictions[i].Probs, tol)
			ours := make([]float64, len(jobs[i].Pixels))
			for k, v := range jobs[i].Pixels {
				ours[k] = float64(v)
			}
			parity.Close(t, c.name+": picture in Python", want[i].Pixels, ours, 1/(0.224*255)+1e-6) // PIL rounds a pixel's weights otherwise: a level at most
			if want[i].Label != predictions[i].Label && !strings.HasPrefix(c.name, "a number") && !strings.HasPrefix(c.name, "numbers") {
				t.Errorf("%s: label %q in Python, %q here", c.name, want[i].Label, predictions[i].Label)
			}
		}
	}
}

// parityPhoto is a photograph where there is one, else the picture.
func parityPhoto(t *testing.T, picture string) string {
	t.Helper()
	if photos, err := vision.GetImageFiles(filepath.Join(parity.Root(), "..", "shared", "photos")); err == nil && len(photos) > 0 {
		return photos[0]
	}
	return picture
}

// The docs show the very script that this test runs, and it is short.
func TestPythonScriptInDocs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(parity.Root(), "docs", "predicting.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(parity.Root(), "internal", "parity", "python", "load_predictor.py"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```python\n"+string(script)+"```") {
		t.Error("docs/predicting.md shows another script than internal/parity/python/load_predictor.py")
	}
	if n := strings.Count(string(script), "\n"); n > 15 {
		t.Errorf("the script has %d lines", n)
	}
}

// A described predictor is as small as its weights and holds nothing that runs.
func TestExportedFileIsPlain(t *testing.T) {
	learn := exportCases()[6].learner(t, fixture.ColourFolders(t, 8, "blue", "red"))
	file, err := learn.Export(filepath.Join("deep", "small.st"))
	if err != nil {
		t.Fatal(err)
	}
	if file != filepath.Join(learn.Path, "deep", "small.st.safetensors") {
		t.Errorf("written to %s", file)
	}
	f, err := safetensors.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Metadata["format"] != "pt" || len(f.Metadata) != 3 {
		t.Errorf("metadata %v", f.Metadata)
	}
	torch.ManualSeed(1)
	draw := torch.RandomSeed()
	torch.ManualSeed(1)
	p, err := predictor.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if torch.RandomSeed() != draw {
		t.Error("loading a predictor draws random numbers")
	}
	var e exportfile.Description
	if err := json.Unmarshal([]byte(f.Metadata[files.ExportKey]), &e); err != nil {
		t.Fatal(err)
	}
	if e.Versions.Libtorch != torch.Info().Version || e.Versions.Fastlearn != version.Fastlearn || e.NOut != 1 || e.Activation != "none" || len(e.BatchTfms) != 1 {
		t.Errorf("%+v", e)
	}
}
