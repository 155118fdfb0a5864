package predictor

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/vision"
)

// outputs runs what predicts: the plan of the file's graph, or else the model.
func (p *Predictor) outputs(x *torch.Tensor) *torch.Tensor {
	if p.plan == nil {
		return guard.Pointer("Forward", p.model, func() *torch.Tensor { return nn.Call(p.model, x) })
	}
	all, err := p.plan.Run(x)
	if err != nil {
		panic(&torch.Error{Op: "plan", Msg: err.Error()})
	}
	return all[0]
}

func (p *Predictor) free() {
	nn.Close(p.model)
	p.plan.Close()
}

// tryOut runs the model once, so that a file whose parts don't fit is refused here, and replaces it by a plan where the file describes
// it: a custom model may do more than compute.
func (p *Predictor) tryOut(e exportfile.Description, pass string) error {
	w, h, fixed := p.itemTfms.Size()
	if !fixed {
		w, h = 224, 224
	}
	s := torch.NewScope()
	defer s.Close()
	var x, y *torch.Tensor
	err := torch.Try(func() {
		x = p.pattern(s, e.NIn, w, h)
		torch.NoGrad(func() { y = p.model.Forward(x) })
	})
	if err != nil {
		return fmt.Errorf("the model doesn't run on a picture of %d×%d: %w", w, h, err)
	}
	if n := y.Numel(); n != int64(e.NOut) {
		return fmt.Errorf("the model has %d outputs, and the description says %d: export it again", n, e.NOut)
	}
	err = p.makePlan(e, pass, x, y, fixed)
	if err != nil && e.Precision != plan.Float32 {
		log.Printf("predictor: computes in float32, and not in %s as the file says: %v", e.Precision, err)
		e.Precision = plan.Float32
		err = p.makePlan(e, pass, x, y, fixed)
	}
	if err == nil {
		nn.Close(p.model)
		p.model = nil
	}
	return nil
}

// makePlan makes the plan of the file's graph, which is tried on x and other pictures, or tells why there is none.
func (p *Predictor) makePlan(e exportfile.Description, pass string, x, y *torch.Tensor, fixed bool) error {
	if e.Model.Type == exportfile.OwnModel {
		return errors.New("the model is the program's own")
	}
	if p.config.device.IsCUDA() {
		return errors.New("it runs on a GPU")
	}
	var stored graph.Stored
	if err := json.Unmarshal([]byte(pass), &stored); err != nil {
		return err
	}
	if stored.Graph == nil {
		return fmt.Errorf("it has no graph: %s", stored.Refused)
	}
	weights := nn.StateMap(p.model)
	made, err := plan.New(stored.Graph, weights, e.Precision, x)
	if err != nil {
		return err
	}
	made.AllowAnySize()
	same := agrees(made, x, y)
	for _, more := range [][2]int64{{32, 0}, {0, 64}} { // a graph knows one size; where its numbers don't depend on it, it is right for all
		if same && !fixed {
			x := p.pattern(x.Scope(), e.NIn, int(x.Size(3)+more[0]), int(x.Size(2)+more[1]))
			same = torch.Try(func() { torch.NoGrad(func() { y = p.model.Forward(x) }) }) == nil && agrees(made, x, y)
		}
	}
	if !same {
		made.Close()
		return errors.New("its graph computes something else than its model")
	}
	p.plan, p.precision = made, e.Precision
	return nil
}

// Precision returns what the model computes in: "float32", or "bf16" or "int8" where the file asks for it, the device is a CPU, and the processor has instructions for it; empty for a closed predictor.
func (p *Predictor) Precision() string {
	if p == nil || !p.enter() {
		return ""
	}
	defer p.calls.Done()
	switch {
	case p.stopped == nil:
		return ""
	case p.precision == plan.Float32:
		return "float32"
	}
	return string(p.precision)
}

// agrees tells whether a plan computes what the model does.
func agrees(made *plan.Plan, x, want *torch.Tensor) bool {
	outputs, err := made.Run(x)
	return err == nil && plan.Difference(outputs[0], want) <= made.Tolerance()
}

// pattern is a batch of one picture that is different in each place, as validation makes it.
func (p *Predictor) pattern(s *torch.Scope, channels, w, h int) *torch.Tensor {
	pixels := make([]uint8, w*h*channels)
	for i := range pixels {
		pixels[i] = uint8(i * 7919 >> 3)
	}
	x := torch.FromSlice(s, pixels, 1, int64(h), int64(w), int64(channels))
	return p.batchTfms.Apply(x.Permute(0, 3, 1, 2).To(p.config.device), nil, vision.Valid)
}
