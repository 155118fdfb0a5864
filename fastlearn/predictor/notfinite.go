package predictor

import (
	"fmt"
	"strings"
)

// NotFiniteError reports NaN or infinity where a number must be: in a prediction, or in a model's weights. NaN is
// no answer: compared with anything it is false, so that the first class would win.
type NotFiniteError struct {
	Tensors []string // the model's parameters that hold NaN or infinity, and its buffers that hold NaN, by their keys
	Outputs bool     // it is a prediction that isn't finite
	Item    int      // then: the item's place in its data set,
	File    string   // its file, where it has one,
	Value   float64  // and the number
	Written string   // the file that [fastlearn.Learner.Save] wrote nevertheless; empty for what was refused
}

// Error says what isn't finite, why, and what to do.
func (e *NotFiniteError) Error() string {
	var b strings.Builder
	b.WriteString("predictor: ")
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
