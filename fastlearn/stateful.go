package fastlearn

import (
	"fmt"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Stateful is a callback with something to remember in a training checkpoint, such as the best
// value so far. It should be [Identified]: the checkpoint then knows it by that name. State is asked for between batches or epochs. LoadState gives it back when the
// fit is resumed, after the callback's BeforeFit and, within an epoch, BeforeTrain.
type Stateful interface {
	// State holds numbers, texts, lists, dicts and tensors made by [torch.ToPTH]. It is
	// written before anything else happens.
	State(l *Learner) (*pth.Dict, error)
	// LoadState takes over a state; f holds its tensors, for [torch.FromPTH].
	LoadState(l *Learner, f torch.Holder, state *pth.Dict) error
}

// endsFit is a [Stateful] callback that may have ended the fit that is resumed, and with other settings would not end it now.
type endsFit interface{ GoesOn() bool }

// statefuls are the callbacks that remember something, by their identities and how many of one there were before.
func (l *Learner) statefuls() (names []string, cbs []Stateful) {
	seen := map[string]int{}
	for _, cb := range l.callbacks {
		if s, ok := cb.(Stateful); ok {
			name := callbackName(cb)
			names, cbs = append(names, fmt.Sprintf("%s %d", name, seen[name])), append(cbs, s)
			seen[name]++
		}
	}
	return names, cbs
}

// float64s is a tensor of numbers for a file, over their memory.
func float64s(values []float64) *pth.Tensor { return savedNumbers(torch.Float64, values) }

// loadFloat64s reads what [float64s] wrote.
func loadFloat64s(f torch.Holder, v any) ([]float64, error) {
	return loadSaved[float64](f, torch.Float64, v)
}

// savedNumbers is a tensor of numbers of 8 bytes for a file, over their memory.
func savedNumbers[T float64 | int64](dtype torch.DType, values []T) *pth.Tensor {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 8*len(values))
	return pth.NewTensor(pth.DType(dtype), []int64{int64(len(values))}, bytes)
}

// loadSaved reads what [savedNumbers] wrote.
func loadSaved[T float64 | int64](f torch.Holder, dtype torch.DType, v any) (values []T, err error) {
	saved, ok := v.(*pth.Tensor)
	if !ok || saved.DType != pth.DType(dtype) {
		return nil, fmt.Errorf("want a tensor of %v, got %T", dtype, v)
	}
	s := torch.NewScope()
	defer s.Close()
	t, err := torch.FromPTH(s, f, saved)
	if err != nil {
		return nil, err
	}
	err = torch.Try(func() { values = torch.ToSlice[T](t) })
	return values, err
}
