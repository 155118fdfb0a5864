package fastlearn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/preserve"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// describeModel describes a learner's model.
func (l *Learner) describeModel() (nn.Spec, error) {
	var body nn.Module
	var nIn int64
	if _, err := models.Get(l.arch); err == nil {
		if parts := nn.Children(l.Model); len(parts) > 0 {
			if nIn, err = vision.InChannels(parts[0].Module); err == nil {
				body = parts[0].Module
			}
		}
	}
	return nn.Describe(l.Model, func(m nn.Module) (nn.Spec, bool) {
		if m == body && body != nil {
			return exportfile.BodySpec(l.arch, nIn), true
		}
		_, pool := m.(*vision.AdaptiveConcatPool2d)
		return nn.Spec{Type: "AdaptiveConcatPool2d"}, pool
	})
}

// meaning finds out what a loss makes of a model's output. It is asked, and not known by
// its type, so that custom losses and wrapped ones say it as well.
func meaning(e *exportfile.Description, loss loss.Loss) error {
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
		case d.DType() == torch.Int64 && d.Dim() == 1 && d.Equal(y.ArgMax(-1)):
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
func threshold(s *torch.Scope, loss loss.Loss, width int64) float64 {
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

// graphText is the model's forward pass as an exported file has it, or why there is none. The model is then as it was.
func (l *Learner) graphText(c exportConfig, spec data.Spec) (text string, err error) {
	rng, err := preserve.RNG(l.DLs.Device)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rng.Restore()) }()
	defer preserve.Modes(l.Model)()
	var stored graph.Stored
	refused := guard.Call("Forward", l.Model, func() (err error) {
		failure := torch.Try(func() {
			torch.NoGrad(func() {
				defer preserve.Buffers(l.Model)()
				nn.Eval(l.Model)
				s := torch.NewScope()
				defer s.Close()
				stored.Graph, err = nn.Trace(l.Model, pattern(s, spec, l.DLs.Device))
			})
		})
		return errors.Join(err, failure)
	})
	if errors.Is(refused, torch.ErrOutOfMemory) {
		return "", refused
	}
	if refused != nil && c.precision != plan.Float32 {
		return "", fmt.Errorf("%s needs the model's graph: %w", c.precision, refused)
	}
	switch c.precision {
	case plan.Int8:
		err = l.calibrate(stored.Graph, c)
	case plan.BFloat16:
		err = plan.LeaveFloat(stored.Graph, c.float...)
	}
	if err != nil {
		return "", err
	}
	if refused != nil {
		stored = graph.Stored{Refused: refused.Error()}
	}
	out, err := json.Marshal(stored)
	return string(out), err
}

// calibrate measures the values of the model's graph, for int8.
func (l *Learner) calibrate(g *graph.Graph, c exportConfig) (err error) {
	weights := nn.StateMap(l.Model)
	batches := func(yield func([]*torch.Tensor, error) bool) {
		if guard.IsNil(c.measured) || c.batches < 1 {
			yield(nil, fmt.Errorf("Int8(…, %d): want a loader and one batch or more, or ranges that are known", c.batches))
			return
		}
		n := 0
		for b, err := range data.Batches(context.Background(), c.measured, 0, l.DLs.Device) {
			if err != nil {
				yield(nil, err)
				return
			}
			more := yield(b.Xs, nil)
			b.Close()
			if n++; !more || n == c.batches {
				return
			}
		}
	}
	torch.NoGrad(func() { err = plan.Calibrate(g, weights, batches, c.calibrate...) })
	return err
}

// pattern is a batch of two pictures, each different in each place, as validation makes them.
func pattern(s *torch.Scope, spec data.Spec, device torch.Device) *torch.Tensor {
	w, h, fixed := spec.ItemTfms.Size()
	if !fixed {
		w, h = 224, 224
	}
	pixels := make([]uint8, 2*h*w*spec.Decoder.Channels())
	for i := range pixels {
		pixels[i] = uint8(i * 7919 >> 3)
	}
	x := torch.FromSlice(s, pixels, 2, int64(h), int64(w), int64(spec.Decoder.Channels()))
	return spec.BatchTfms.Apply(x.Permute(0, 3, 1, 2).To(device), nil, vision.Valid)
}

type exportConfig struct {
	own  string
	onnx bool
	any  bool // weights, also those that aren't finite

	precision plan.Precision // that the predictor computes in
	measured  data.Loader    // by whose first batches int8 is calibrated
	batches   int
	calibrate []plan.CalibrateOption
	float     []plan.FloatOption // bf16's
}
