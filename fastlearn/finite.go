package fastlearn

import (
	"fmt"
	"math"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// NotFiniteError reports NaN or infinity where a number must be: in a prediction, or in a model's weights. NaN is
// no answer: compared with anything it is false, so that the first class would win.
type NotFiniteError struct {
	Tensors []string // the model's parameters that hold NaN or infinity, and its buffers that hold NaN, by their keys
	Outputs bool     // it is a prediction that isn't finite
	Item    int      // then: the item's place in its data set,
	File    string   // its file, where it has one,
	Value   float64  // and the number
	Written string   // the file that [Learner.Save] wrote nevertheless; empty for what was refused
}

// Error says what isn't finite, why, and what to do.
func (e *NotFiniteError) Error() string {
	var b strings.Builder
	b.WriteString("fastlearn: ")
	if e.Outputs {
		fmt.Fprintf(&b, "the prediction of item %d", e.Item)
		if e.File != "" {
			fmt.Fprintf(&b, " (%s)", e.File)
		}
		fmt.Fprintf(&b, " isn't finite (%v): ", e.Value)
	}
	if len(e.Tensors) == 0 {
		b.WriteString("the model's weights are finite, so its input isn't (a Normalize by a deviation of almost 0?), or a sum overflows its type (float16 ends at 65504: predict in float32)")
		return b.String()
	}
	fmt.Fprintf(&b, "the model holds NaN or infinity in %s", strings.Join(e.Tensors[:min(len(e.Tensors), 3)], ", "))
	if more := len(e.Tensors) - 3; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	b.WriteString(": its training diverged: go back to weights from before, and train with a lower rate")
	if e.Written != "" {
		fmt.Fprintf(&b, "; %s was written all the same", e.Written)
	}
	return b.String()
}

// notFiniteWeights lists the parameters that hold NaN or infinity, and the buffers that hold NaN. Infinity in a buffer may
// be meant, as in an attention's mask.
func notFiniteWeights(m nn.Module) (bad []string, err error) {
	parameters := map[*torch.Tensor]bool{}
	for _, p := range nn.Parameters(m) {
		parameters[p] = true
	}
	err = torch.Try(func() {
		s := torch.NewScope()
		defer s.Close()
		torch.NoGrad(func() {
			for _, n := range nn.StateDict(m) {
				if !n.DType().IsFloatingPoint() || n.Numel() == 0 {
					continue
				}
				least, most := n.Min().MoveTo(s).Item(), n.Max().MoveTo(s).Item() // NaN where there is one
				if math.IsNaN(most) || parameters[n.Tensor] && (math.IsInf(least, 0) || math.IsInf(most, 0)) {
					bad = append(bad, n.Name)
				}
			}
		})
	})
	return bad, err
}

// checkFinite returns a [*NotFiniteError] for weights that [notFiniteWeights] lists.
func checkFinite(m nn.Module) error {
	bad, err := notFiniteWeights(m)
	if err == nil && bad != nil {
		err = &NotFiniteError{Tensors: bad}
	}
	return err
}

// notFinite is the error of a prediction that isn't finite.
func (l *Learner) notFinite(item int, value float64) error {
	bad, err := notFiniteWeights(l.Model)
	if err != nil {
		return err
	}
	return &NotFiniteError{Tensors: bad, Outputs: true, Item: item, Value: value}
}

// noteNotFinite logs a fit's first loss that is not finite. The fit goes on, as fastai's does.
func (l *Learner) noteNotFinite() {
	if l.run == nil || l.run.notFinite || l.LossGrad == nil || !(math.IsNaN(l.LossValue) || math.IsInf(l.LossValue, 0)) {
		return
	}
	l.run.notFinite = true
	part := "validation"
	if l.Training {
		part = "training"
	}
	l.say("The loss is %v in epoch %d, at batch %d of %d of %s: lower the rate, or look for NaN in the data and the model. TerminateOnNaN() ends a fit there.",
		l.LossValue, l.Epoch, l.Iter+1, l.NIter, part)
}

// firstNotFinite is the first number of a row that isn't finite.
func firstNotFinite(row []float64) (v float64, found bool) {
	for _, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return v, true
		}
	}
	return 0, false
}
