package predictor

import (
	"encoding/json"
	"fmt"

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
	if e.Model.Type == exportfile.OwnModel || p.config.device.IsCUDA() || !p.makePlan(pass, x) {
		return nil
	}
	same := p.agrees(x, y)
	for _, more := range [][2]int{{32, 0}, {0, 64}} { // a graph knows one size; where its numbers don't depend on it, it is right for all
		if same && !fixed {
			x := p.pattern(s, e.NIn, w+more[0], h+more[1])
			same = torch.Try(func() { torch.NoGrad(func() { y = p.model.Forward(x) }) }) == nil && p.agrees(x, y)
		}
	}
	if !same {
		p.plan.Close()
		p.plan = nil
		return nil
	}
	nn.Close(p.model)
	p.model = nil
	return nil
}

// makePlan makes the plan of the file's graph for inputs such as x, if there can be one.
func (p *Predictor) makePlan(pass string, x *torch.Tensor) bool {
	var stored graph.Stored
	if json.Unmarshal([]byte(pass), &stored) != nil || stored.Graph == nil || len(stored.Graph.Outputs) != 1 {
		return false
	}
	weights := map[string]*torch.Tensor{}
	for _, w := range nn.StateDict(p.model) {
		weights[w.Name] = w.Tensor
	}
	made, err := plan.New(stored.Graph, weights, x)
	if err != nil {
		return false
	}
	made.AllowAnySize()
	p.plan = made
	return true
}

// agrees tells whether the plan computes what the model does.
func (p *Predictor) agrees(x, want *torch.Tensor) bool {
	outputs, err := p.plan.Run(x)
	return err == nil && plan.Difference(outputs[0], want) <= plan.Tolerance
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
