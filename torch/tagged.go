package torch

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// tagged are the words in which C++ hands values over, each after a tag that tells its type.
type tagged struct{ words []int64 }

func (t *tagged) next() int64 {
	w := t.words[0]
	t.words = t.words[1:]
	return w
}

// plain returns the value after a tag of those that Go has a type for; nil after any other tag.
func (t *tagged) plain(tag int64) any {
	switch tag {
	case shim.OpDouble:
		return math.Float64frombits(uint64(t.next()))
	case shim.OpBool:
		return t.next() != 0
	case shim.OpComplex:
		return complex(math.Float64frombits(uint64(t.next())), math.Float64frombits(uint64(t.next())))
	case shim.OpString:
		s := shim.TakeWord(&t.words[0])
		t.next()
		return s
	}
	return nil
}
