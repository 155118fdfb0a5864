package fastlearn_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision"
)

// oddPictures are a wide, a high, a small and a turned one, as PNG and as JPEG.
func oddPictures(t *testing.T) (files []string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	dir := t.TempDir()
	for i, size := range [][2]int{{90, 41}, {37, 80}, {21, 17}, {64, 50}} {
		m := image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
		for y := range size[1] {
			for x := range size[0] {
				m.SetRGBA(x, y, color.RGBA{uint8(x * 255 / size[0]), uint8(y*200/size[1] + rng.IntN(50)), uint8(rng.IntN(256)), 255})
			}
		}
		var text bytes.Buffer
		file := filepath.Join(dir, string(rune('a'+i)))
		if i%2 == 0 {
			file += ".png"
			if err := png.Encode(&text, m); err != nil {
				t.Fatal(err)
			}
		} else { // grey: two decoders' colours may be a level apart
			file += ".jpg"
			grey := image.NewGray(m.Rect)
			draw.Draw(grey, m.Rect, m, image.Point{}, draw.Src)
			if err := jpeg.Encode(&text, grey, &jpeg.Options{Quality: 90}); err != nil {
				t.Fatal(err)
			}
		}
		out := text.Bytes()
		if i == 3 { // turned by a quarter
			exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
			app1 := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2)), exif...)
			out = bytes.Join([][]byte{out[:2], app1, out[2:]}, nil)
		}
		if err := os.WriteFile(file, out, 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// A Python program that has the ONNX file and nothing else predicts pictures as the predictor does: its metadata tell how they are decoded, resized and normalised.
func TestONNXFromMetadata(t *testing.T) {
	torch.ManualSeed(12)
	pictures, paths := oddPictures(t), fixture.ColourFolders(t, 8, "blue", "red", "green")
	normalize := vision.Normalize(vision.ImageNetStats())
	var jobs []parity.ONNXJob
	var names []string
	var wants [][]float64
	for name, of := range parity.Sorted(map[string]func(b *data.Block[string]){
		"crop": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.ResizeTo(40, 24)), vision.Batch(normalize)
		},
		"squish, turned": func(b *data.Block[string]) {
			b.X.Orient = true
			b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(32, vision.Method(vision.Squish))), vision.Batch(normalize)
		},
		"pad": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(32, vision.Method(vision.Pad), vision.Padding(vision.Zeros))), vision.Batch(normalize)
		},
		"pad, border": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(32, vision.Method(vision.Pad), vision.Padding(vision.Border))), vision.Batch()
		},
		"augmented at a size": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(92)), vision.AugTransforms(vision.Size(32)).With(normalize)
		},
		"augmented at a size, little less": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(50)), vision.AugTransforms(vision.SizeTo(40, 32), vision.NoAlignCorners()).With(normalize)
		},
		"random crops": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.RandomResizedCrop(36, 32)), vision.Batch(normalize)
		},
		"ratio, cut": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.RatioResize(40), vision.RandomCrop(36, 30)), vision.Batch(normalize)
		},
		"random crops of the batch": func(b *data.Block[string]) {
			b.ItemTfms, b.BatchTfms = vision.Item(vision.ResizeTo(80, 50)), vision.Batch(vision.RandomResizedCropGPU(33, 31, vision.Ratio(1, 1), vision.ValidScale(0.9)), normalize)
		},
		"grey": func(b *data.Block[string]) {
			b.X.Gray = true
			b.ItemTfms, b.BatchTfms = vision.Item(vision.Resize(32)), vision.Batch(vision.Normalize([]float64{0.4}, []float64{0.3}))
		},
	}) {
		block := fixture.ColourBlock()
		block.X.Full = true
		of(&block)
		dls, err := block.DataLoaders(paths, data.BatchSize(4))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer dls.Close()
		in := int64(3)
		if block.X.Gray {
			in = 1
		}
		model := nn.NewSequential(nn.NewConv2d(in, 8, 3, nn.Stride(2)), nn.NewBatchNorm(8), &nn.ReLU{}, &nn.AdaptiveAvgPool2d{Size: 3}, &nn.Flatten{}, nn.NewLinear(72, 3))
		learn, err := fastlearn.NewLearner(dls, model, fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer learn.Close()
		file, err := learn.Export("x")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		onnx := file + ".onnx"
		if _, err := inspect.Convert(file, onnx); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := predictor.Load(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer p.Close()
		var want []float64
		for _, picture := range pictures {
			said, err := p.Predict(t.Context(), picture)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want = append(want, said.Probs...)
		}
		jobs, names, wants = append(jobs, parity.ONNXJob{File: onnx, Pictures: pictures}), append(names, name), append(wants, want)
	}
	for i, r := range parity.ONNX(t, jobs) {
		if r.Error != "" {
			t.Errorf("%s: %s", names[i], r.Error)
			continue
		}
		var got []float64
		for _, row := range r.Probabilities {
			got = append(got, row...)
		}
		parity.Close(t, names[i], got, wants[i], 1e-4)
	}
}

// A file of Int8 becomes ONNX in bytes, by inspect and by ExportONNX alike, and its likeliest classes are the predictor's; one of BF16 becomes ONNX
// in float32, since runtimes choose by themselves what they compute in, and ExportONNX refuses the option.
func TestONNXPrecision(t *testing.T) {
	torch.ManualSeed(3)
	files := fixture.ColourFolders(t, 8, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(4))
	learn, err := fastlearn.NewLearner(dls, fixture.SmallModel(2), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FitOneCycle(t.Context(), 2, fastlearn.LR(3e-2)); err != nil {
		t.Fatal(err)
	}
	if _, err := learn.ExportONNX("x", fastlearn.BF16()); err == nil || err.Error() == "" {
		t.Error("ExportONNX takes BF16")
	}
	bytesOf := fastlearn.Int8(dls.Valid, 1)
	direct, err := learn.ExportONNX("direct", bytesOf)
	if err != nil {
		t.Fatal(err)
	}
	jobs := []parity.ONNXJob{{File: direct, Pictures: files}}
	var labels [][]string
	for _, option := range []fastlearn.ExportOption{bytesOf, fastlearn.BF16()} {
		file, err := learn.Export("small", option)
		if err != nil {
			t.Fatal(err)
		}
		onnx := filepath.Join(t.TempDir(), "small.onnx")
		if _, err := inspect.Convert(file, onnx); err != nil {
			t.Fatal(err)
		}
		p, err := predictor.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		var all []string
		for _, r := range p.PredictAll(t.Context(), files) {
			all = append(all, r.Label)
		}
		jobs, labels = append(jobs, parity.ONNXJob{File: onnx, Pictures: files}), append(labels, all)
	}
	runs := parity.ONNX(t, jobs)
	for i, want := range []string{"int8", "int8", "float32"} {
		r := runs[i]
		if r.Error != "" || r.Metadata["precision"] != want || (r.Ops["QuantizeLinear"] > 0) != (want == "int8") {
			t.Errorf("%s: %s, %s of %v", filepath.Base(jobs[i].File), r.Error, r.Metadata["precision"], r.Ops)
			continue
		}
		right := 0
		for n, row := range r.Probabilities {
			label := "blue"
			if row[1] > row[0] {
				label = "red"
			}
			if label == labels[max(i-1, 0)][n] {
				right++
			}
		}
		if (plan.Int8.Check() == nil || want != "int8") && right < len(files)-1 {
			t.Errorf("%s: %d of %d classes are the predictor's", want, right, len(files))
		}
	}
	for i := range runs[0].Probabilities { // both ways to the same file
		parity.Close(t, "inspect and ExportONNX", runs[1].Probabilities[i], runs[0].Probabilities[i], 1e-7)
	}
}
