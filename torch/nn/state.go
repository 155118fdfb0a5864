package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Mismatch lists everything in which a state_dict differs from what a module has.
type Mismatch struct {
	Missing    []string // keys that the module has and the state lacks
	Unexpected []string // keys that only the state has
	Misshapen  []string // keys with both shapes
	// Others are the places of the file, beside the one that was taken, that look like a state_dict: averaged weights (EMA), for one.
	Others []pth.Place
}

func (m Mismatch) empty() bool { return len(m.Missing)+len(m.Unexpected)+len(m.Misshapen) == 0 }

// StateError says that a state_dict does not fit a module.
type StateError struct{ Mismatch }

// Error lists all keys.
func (e *StateError) Error() string {
	var parts []string
	for _, p := range []struct {
		what string
		keys []string
	}{{"missing", e.Missing}, {"unexpected", e.Unexpected}, {"of another shape", e.Misshapen}} {
		if len(p.keys) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s: %s", len(p.keys), p.what, strings.Join(p.keys, ", ")))
		}
	}
	text := "state_dict does not fit the model: " + strings.Join(parts, "; ")
	if len(e.Others) > 0 {
		text += "; the file also holds " + pth.ListPlaces(e.Others)
	}
	return text
}

// CheckStateDict returns a [*StateError] that lists all in which state does not fit m,
// nil if it fits. A missing num_batches_tracked is forgiven, as PyTorch forgives it.
// Keys that begin with one of ignore are left alone on both sides.
func CheckStateDict(m Module, state map[string]*torch.Tensor, ignore ...string) error {
	if err := Check(m); err != nil {
		return err
	}
	shapes := make(map[string][]int64, len(state))
	for name, t := range state {
		shapes[name] = t.Shape()
	}
	if bad := compare(m, shapes, ignore); !bad.empty() {
		return &StateError{bad}
	}
	return nil
}

// compare finds the differences between a module's tensors and those of these shapes.
func compare(m Module, shapes map[string][]int64, ignore []string) (bad Mismatch) {
	known := map[string]bool{}
	for _, n := range StateDict(m) {
		known[n.Name] = true
		shape, ok := shapes[n.Name]
		switch {
		case hasPrefix(n.Name, ignore):
		case !ok && !strings.HasSuffix(n.Name, "num_batches_tracked"):
			bad.Missing = append(bad.Missing, n.Name)
		case ok && !slices.Equal(shape, n.Shape()):
			bad.Misshapen = append(bad.Misshapen, fmt.Sprintf("%s (file %v, model %v)", n.Name, shape, n.Shape()))
		}
	}
	for name := range shapes {
		if !known[name] && !hasPrefix(name, ignore) {
			bad.Unexpected = append(bad.Unexpected, name)
		}
	}
	slices.Sort(bad.Unexpected)
	return bad
}

func hasPrefix(key string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
}

// LoadStateDict copies state's tensors into m's parameters and buffers, converting
// dtype and device. If [CheckStateDict] finds that they don't fit, it changes nothing.
func LoadStateDict(m Module, state map[string]*torch.Tensor, ignore ...string) error {
	if err := CheckStateDict(m, state, ignore...); err != nil {
		return err
	}
	return torch.Try(func() {
		torch.NoGrad(func() {
			for _, n := range StateDict(m) {
				if src, ok := state[n.Name]; ok && !hasPrefix(n.Name, ignore) {
					n.Copy_(src)
				}
			}
		})
	})
}
