package fastlearn

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// exportVersion is the version of the format that [Learner.Export] writes; files of
// all versions up to it are read.
const exportVersion = 1

// exportKey is where the description stands in the file's metadata.
const exportKey = "fastlearn"

// maxSide is more pixels a side, and maxArea more in all, than any model's input has, so that a file can't ask for
// memory without end: the predictor tries its model on a picture of that size.
const (
	maxSide = 1 << 14
	maxArea = 1 << 25
)

// exported is the description of a predictor, as JSON beside its weights.
type exported struct {
	Version    int              `json:"version"`
	Model      nn.Spec          `json:"model"`
	NIn        int              `json:"n_in"`  // channels of a picture
	NOut       int              `json:"n_out"` // outputs
	Vocab      []name           `json:"vocab,omitempty"`
	Activation string           `json:"activation"`          // softmax, sigmoid or none
	Decode     string           `json:"decode"`              // argmax, threshold or none
	Threshold  float64          `json:"threshold,omitempty"` // a label is there if it is more probable than this
	Decoder    exportedDecoder  `json:"decoder"`
	ItemTfms   []vision.TfmSpec `json:"item_tfms,omitempty"` // of one picture, in validation
	BatchTfms  []vision.TfmSpec `json:"batch_tfms,omitempty"`
	Sampling   string           `json:"sampling"` // fastai or once
	Versions   exportedVersions `json:"versions"`
}

type exportedDecoder struct {
	Gray      bool `json:"gray"`
	Orient    bool `json:"orient"`
	Full      bool `json:"full"`
	MaxPixels int  `json:"max_pixels"`
}

type exportedVersions struct {
	Fastlearn string `json:"fastlearn"`
	Libtorch  string `json:"libtorch"`
}

var samplings = []string{vision.SamplingFastai: "fastai", vision.SamplingOnce: "once"}

func versions() exportedVersions {
	v := exportedVersions{Libtorch: torch.Info().Version, Fastlearn: "(devel)"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "github.com/fastlearn-go/fastlearn" && m.Version != "" {
				v.Fastlearn = m.Version
			}
		}
	}
	return v
}

// parseExported reads and checks a description.
func parseExported(text string) (e exported, err error) {
	var only struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal([]byte(text), &only); err != nil {
		return e, fmt.Errorf("its description is damaged: %w: export it again", err)
	}
	if only.Version < 1 || only.Version > exportVersion {
		return e, fmt.Errorf("its format has version %d, and this program knows 1 to %d: build it with a newer fastlearn", only.Version, exportVersion)
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return e, fmt.Errorf("its description is damaged: %w: export it again", err)
	}
	channels := vision.Decoder{Gray: e.Decoder.Gray}.Channels()
	switch {
	case !slices.Contains([]string{"softmax", "sigmoid", "none"}, e.Activation):
		err = fmt.Errorf("the activation %q", e.Activation)
	case !slices.Contains([]string{"argmax", "threshold", "none"}, e.Decode):
		err = fmt.Errorf("the decoding %q", e.Decode)
	case !slices.Contains(samplings, e.Sampling):
		err = fmt.Errorf("the sampling %q", e.Sampling)
	case e.NIn != channels:
		err = fmt.Errorf("n_in is %d, and its pictures have %d channels", e.NIn, channels)
	case e.Decoder.MaxPixels < 0:
		err = fmt.Errorf("max_pixels is %d", e.Decoder.MaxPixels)
	case e.NOut < 1 || len(e.Vocab) > 0 && e.Decode != "none" && len(e.Vocab) != e.NOut:
		err = fmt.Errorf("n_out is %d, with %d words in the vocabulary", e.NOut, len(e.Vocab))
	}
	for _, t := range slices.Concat(e.ItemTfms, e.BatchTfms) {
		if t.W > maxSide || t.H > maxSide {
			err = fmt.Errorf("%s to %d×%d: want at most %d pixels a side", t.Name, t.W, t.H, maxSide)
		} else if t.W*t.H > maxArea {
			err = fmt.Errorf("%s to %d×%d: want at most %d pixels", t.Name, t.W, t.H, maxArea)
		}
	}
	if err != nil {
		err = fmt.Errorf("its description is damaged: %w: export it again", err)
	}
	return e, err
}

// bodySpec is the part of an architecture that a vision learner keeps.
func bodySpec(arch string, nIn int64) nn.Spec {
	return nn.Spec{Type: "Body", Args: map[string]any{"arch": arch, "in_channels": nIn}}
}

// describeModel describes a learner's model.
func (l *Learner) describeModel() (nn.Spec, error) {
	var body nn.Module
	if _, known := vision.ArchByName(l.arch); known {
		if parts := nn.Children(l.Model); len(parts) > 0 {
			body = parts[0].Module
		}
	}
	return nn.Describe(l.Model, func(m nn.Module) (nn.Spec, bool) {
		if m == body && body != nil {
			return bodySpec(l.arch, nn.Parameters(body)[0].Size(1)), true
		}
		_, pool := m.(*adaptiveConcatPool2d)
		return nn.Spec{Type: "AdaptiveConcatPool2d"}, pool
	})
}

// buildModel makes the model of a description, with fresh weights.
func buildModel(spec nn.Spec) (nn.Module, error) {
	return nn.FromSpec(spec, func(s nn.Spec) (nn.Module, error) {
		switch s.Type {
		case "AdaptiveConcatPool2d":
			return newAdaptiveConcatPool2d(), nil
		case "Body":
			name, _ := s.Args["arch"].(string)
			arch, ok := vision.ArchByName(name)
			if !ok {
				return nil, fmt.Errorf("the architecture %q is not known here: was it made by a newer version?", name)
			}
			nIn, err := s.Int("in_channels")
			if err != nil {
				return nil, err
			}
			return newBody(arch, visionConfig{nIn: nIn})
		}
		return nil, nil
	})
}

// newBody makes the body of an architecture with fresh weights.
func newBody(arch vision.Arch, c visionConfig) (nn.Module, error) {
	c.nOut = 1
	m, _, err := newVisionModel(arch, c)
	if err != nil {
		return nil, err
	}
	parts := nn.Children(m)
	for _, p := range parts[1:] {
		nn.Close(p.Module)
	}
	return parts[0].Module, nil
}

// meaning finds out what a loss makes of a model's output. It is asked, and not known by
// its type, so that losses of one's own and wrapped ones say it as well.
func (e *exported) meaning(loss Loss) error {
	err := torch.Try(func() {
		s := torch.NewScope()
		defer s.Close()
		logits := make([]float32, 3*e.NOut)
		for i := range logits {
			logits[i] = float32((i*7)%11)/4 - 1.2
		}
		x := torch.FromSlice(s, logits, 3, int64(e.NOut))
		y := loss.Activation(x.Clone())
		for name, want := range map[string]*torch.Tensor{"softmax": x.Softmax(-1), "sigmoid": x.Sigmoid(), "none": x} {
			if near(y, want) {
				e.Activation = name
			}
		}
		d := loss.Decode(y.Clone())
		switch {
		case d.DType() == torch.Int64 && d.Dim() == 1 && d.Equal(y.ArgMax(-1, false)):
			e.Decode = "argmax"
		case near(d, y):
			e.Decode = "none"
		case e.Activation == "sigmoid" && d.Numel() == y.Numel():
			e.Decode, e.Threshold = "threshold", threshold(s, loss, int64(e.NOut))
		}
	})
	if err == nil && (e.Activation == "" || e.Decode == "") {
		err = errors.New("it is none that a file can hold: want softmax, sigmoid or nothing as Activation, and the largest, a threshold or nothing as Decode")
	}
	if err != nil {
		return fmt.Errorf("the loss %T: %w", loss, err)
	}
	return nil
}

func near(a, b *torch.Tensor) bool {
	if a.Numel() != b.Numel() || a.Dim() != b.Dim() {
		return false
	}
	return a.To(torch.Float32).Sub(b).Abs().Max().Item() < 1e-6
}

// threshold is the largest probability that a loss takes for none, in float32.
func threshold(s *torch.Scope, loss Loss, width int64) float64 {
	none, there := float32(0), float32(1)
	for {
		mid := none + (there-none)/2
		if mid <= none || mid >= there {
			return float64(none)
		}
		probs := slices.Repeat([]float32{mid}, int(width))
		if loss.Decode(torch.FromSlice(s, probs, 1, width)).Max().Item() > 0 {
			there = mid
		} else {
			none = mid
		}
	}
}
