package plan

import (
	"errors"

	"golang.org/x/sys/cpu"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Precision is what a plan computes in. Inputs and outputs are float32 in each.
type Precision string

const (
	Float32  Precision = ""     // the default
	BFloat16 Precision = "bf16" // half the memory, about three significant digits; see [Precision.Check]
	Int8     Precision = "int8" // convolutions in bytes, for graphs of [Calibrate]; the rest in float32
)

// Check returns an error where this processor has no instructions for a precision, so that float32 is as fast and better.
func (p Precision) Check() error {
	switch p {
	case Float32:
		return nil
	case BFloat16:
		if !torch.HasOneDNN() || !cpu.X86.HasAMXBF16 && !cpu.X86.HasAVX512BF16 {
			return errors.New("this processor has neither AMX nor AVX512-BF16")
		}
		return nil
	case Int8:
		if !torch.HasOneDNN() || !cpu.X86.HasAMXInt8 && !cpu.X86.HasAVX512VNNI && !cpu.X86.HasAVXVNNI {
			return errors.New("this processor has neither AMX nor VNNI")
		}
		return nil
	}
	return errors.New("plan: there is no precision " + string(p))
}

// Tolerance is how far outputs may be from the graph's own, as a part of the largest.
func (p Precision) Tolerance() float64 {
	switch p {
	case BFloat16: // 2⁻⁸ for each of some layers
		return 0.05
	case Int8: // inputs beyond what was measured are cut off
		return 1
	}
	return 1e-4
}
