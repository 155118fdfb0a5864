// Package exportfile is the format of what a learner exports and a predictor loads: a description, as JSON beside weights.
package exportfile

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/version"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// exportVersion is the version of the format that [fastlearn.Learner.Export] writes; files of
// all versions up to it are read.
const Version = 1

// maxSide is more pixels a side, and maxArea more in all, than any model's input has, so that a file can't ask for
// memory without end: the predictor tries its model on a picture of that size.
const (
	maxSide = 1 << 14
	maxArea = 1 << 25
)

// Description is the description of a predictor, as JSON beside its weights.
type Description struct {
	Version    int              `json:"version"`
	Model      nn.Spec          `json:"model"`
	NIn        int              `json:"n_in"`  // channels of a picture
	NOut       int              `json:"n_out"` // outputs
	Vocab      []Name           `json:"vocab,omitempty"`
	Activation string           `json:"activation"`          // softmax, sigmoid or none
	Decode     string           `json:"decode"`              // argmax, threshold or none
	Threshold  float64          `json:"threshold,omitempty"` // a label is there if it is more probable than this
	Decoder    Decoder          `json:"decoder"`
	ItemTfms   []vision.TfmSpec `json:"item_tfms,omitempty"` // of one picture, in validation
	BatchTfms  []vision.TfmSpec `json:"batch_tfms,omitempty"`
	Sampling   string           `json:"sampling"`            // fastai or once
	Precision  plan.Precision   `json:"precision,omitempty"` // that the graph runs in, where the processor can; empty: float32
	Versions   Versions         `json:"versions"`
}

// Decoder is how images are decoded.
type Decoder struct {
	Gray      bool `json:"gray"`
	Orient    bool `json:"orient"`
	Full      bool `json:"full"`
	MaxPixels int  `json:"max_pixels"`
}

// Versions are those of what wrote the file.
type Versions struct {
	Fastlearn string `json:"fastlearn"`
	Libtorch  string `json:"libtorch"`
}

// Samplings are the names of the ways to sample.
var Samplings = []string{vision.SamplingFastai: "fastai", vision.SamplingOnce: "once"}

// CurrentVersions returns those of this program.
func CurrentVersions() Versions {
	return Versions{Libtorch: torch.Info().Version, Fastlearn: version.Fastlearn}
}

// Parse reads and checks a description.
func Parse(text string) (e Description, err error) {
	var only struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal([]byte(text), &only); err != nil {
		return e, fmt.Errorf("its description is damaged: %w: export it again", err)
	}
	if only.Version < 1 || only.Version > Version {
		return e, fmt.Errorf("its format has version %d, and this program knows 1 to %d: build it with a newer fastlearn", only.Version, Version)
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
	case !slices.Contains(Samplings, e.Sampling):
		err = fmt.Errorf("the sampling %q", e.Sampling)
	case !slices.Contains([]plan.Precision{plan.Float32, plan.BFloat16, plan.Int8}, e.Precision):
		err = fmt.Errorf("the precision %q", e.Precision)
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

// BuildModel makes the model of a description, with fresh weights.
func BuildModel(spec nn.Spec) (nn.Module, error) {
	return nn.FromSpec(spec, func(s nn.Spec) (nn.Module, error) {
		switch s.Type {
		case "AdaptiveConcatPool2d":
			return vision.NewAdaptiveConcatPool2d(), nil
		case "Body":
			name, _ := s.Args["arch"].(string)
			arch, err := models.Get(name)
			if err != nil {
				return nil, fmt.Errorf("the architecture %q is not known here: was it made by a newer version?", name)
			}
			nIn, err := s.Int("in_channels")
			if err != nil {
				return nil, err
			}
			body, _, err := vision.CreateBody(arch, nIn, nil)
			return body, err
		}
		return nil, nil
	})
}

// ownModel is the type of a model that the loading program makes.
const OwnModel = "OwnModel"

// BodySpec describes the part of an architecture that a vision learner keeps.
func BodySpec(arch string, nIn int64) nn.Spec {
	return nn.Spec{Type: "Body", Args: map[string]any{"arch": arch, "in_channels": nIn}}
}

// Words returns the vocabulary.
func (e Description) Words() []string {
	var words []string
	for _, n := range e.Vocab {
		words = append(words, string(n))
	}
	return words
}
