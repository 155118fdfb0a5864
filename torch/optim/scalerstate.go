package optim

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// scaling is what a scaler's steps compute with: float32 numbers on a device, but for tracker, an int32.
type scaling struct {
	scale, tracker, skipped *torch.Tensor
	since                   []progress      // since the last Update, of each optimizer whose gradients were unscaled
	found                   []*torch.Tensor // theirs, and those of earlier steps for the next ones
}

func (o *scaling) close() {
	for _, t := range append(o.found, o.scale, o.tracker, o.skipped) {
		t.Close()
	}
}

// nextFound returns what is found of the next optimizer.
func (o *scaling) nextFound() *torch.Tensor {
	if len(o.since) == len(o.found) {
		o.found = append(o.found, torch.ZerosLike(o.scale).Keep())
	}
	return o.found[len(o.since)]
}

// begin puts the numbers on a device, where they aren't on one.
func (s *GradScaler) begin(d torch.Device) *scaling {
	if s.on == nil {
		made := torch.NewScope()
		defer made.Close()
		floats := made.With(torch.Float32, d)
		on := &scaling{scale: floats.Full(s.InitScale), tracker: made.With(torch.Int32, d).Full(float64(s.tracker)), skipped: floats.Full(float64(s.skipped))}
		for _, t := range []*torch.Tensor{on.scale, on.tracker, on.skipped} {
			t.Keep()
		}
		s.on = on
	}
	return s.on
}

// Close takes the numbers to the host and frees what lies on a device. A step that Update hasn't ended isn't counted: zero its gradients, which the
// next Step would unscale once more. The scaler begins again where it is used again.
func (s *GradScaler) Close() {
	if s == nil || s.on == nil {
		return
	}
	on := s.on
	s.on = nil
	defer on.close()
	scale, tracker, skipped := on.scale.Item(), on.tracker.Item(), on.skipped.Item()
	s.InitScale, s.tracker, s.skipped = scale, int(tracker), int(skipped)
}

// ToPTH is the state with the keys of PyTorch's state_dict.
func (s *GradScaler) ToPTH() *pth.Dict {
	if s == nil {
		return nil
	}
	tracker := s.tracker
	if s.on != nil {
		tracker = int(s.on.tracker.Item())
	}
	d := pth.NewDict()
	d.Set("scale", s.Scale())
	d.Set("growth_factor", s.GrowthFactor)
	d.Set("backoff_factor", s.BackoffFactor)
	d.Set("growth_interval", int64(s.GrowthInterval))
	d.Set("_growth_tracker", int64(tracker))
	return d
}

// LoadPTH takes over a state, also between Unscale and Step, with "skipped" the count of steps that were left out, which PyTorch's lacks; if it lacks another number, or has
// one that no training leaves, nothing changes.
func (s *GradScaler) LoadPTH(d *pth.Dict) error {
	if err := guard.Given("optim: GradScaler.LoadPTH", s, d); err != nil {
		return err
	}
	read := GradScaler{skipped: s.Skipped()}
	for _, n := range []struct {
		key   string
		float *float64
		count *int
	}{
		{"scale", &read.InitScale, nil}, {"growth_factor", &read.GrowthFactor, nil}, {"backoff_factor", &read.BackoffFactor, nil},
		{"growth_interval", nil, &read.GrowthInterval}, {"_growth_tracker", nil, &read.tracker}, {"skipped", nil, &read.skipped},
	} {
		v, ok := d.Get(n.key)
		if !ok && n.key == "skipped" {
			continue
		}
		f, isNumber := pth.Float(v)
		switch {
		case !ok || !isNumber:
			return fmt.Errorf("the grad scaler's state has no number %s", n.key)
		case n.float != nil:
			*n.float = f
		case f >= 0 && f <= math.MaxInt32:
			*n.count = int(f)
		default:
			return fmt.Errorf("the grad scaler's state has a %s of %v: want a count", n.key, f)
		}
	}
	if err := read.check(); err != nil {
		return err
	}
	if on := s.on; on != nil {
		read.on = on
		err := torch.Try(func() {
			on.scale.Fill_(read.InitScale)
			on.tracker.Fill_(float64(read.tracker))
			on.skipped.Fill_(float64(read.skipped))
		})
		if err != nil {
			return err
		}
	}
	*s = read
	return nil
}
