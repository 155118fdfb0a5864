package plan

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/cpu"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Precision is what a plan computes in. Inputs and outputs are float32 in each.
type Precision string

const (
	Float32  Precision = ""     // the default
	BFloat16 Precision = "bf16" // half the memory, about three significant digits; see [Precision.Check]
	Int8     Precision = "int8" // layers in bytes, for graphs of [Calibrate]; the rest in float32
)

// Check returns an error where this processor has no instructions for a precision, or the environment keeps oneDNN from them by
// ONEDNN_MAX_CPU_ISA, so that float32 is as fast and better: without VNNI oneDNN adds products of bytes in 16 bits, which overflow.
func (p Precision) Check() error {
	if p == Float32 {
		return nil
	}
	need, ok := needs[p]
	if !ok {
		return errors.New("plan: there is no precision " + string(p))
	}
	setting, allowed := allowedISA()
	switch has := processorISA(); {
	case !torch.HasOneDNN() || has&need.any == 0:
		return fmt.Errorf("this processor has neither %s", need.names)
	case has&allowed&need.any == 0:
		return fmt.Errorf("%s leaves oneDNN neither %s of this processor", setting, need.names)
	}
	return nil
}

// isa are instructions that a precision may need.
type isa int

const (
	avxVNNI isa = 1 << iota
	avx512VNNI
	avx512BF16
	amx
)

// needs are instructions of which a precision wants any.
var needs = map[Precision]struct {
	any   isa
	names string
}{BFloat16: {amx | avx512BF16, "AMX nor AVX512-BF16"}, Int8: {amx | avx512VNNI | avxVNNI, "AMX nor VNNI"}}

func processorISA() (has isa) {
	for bit, there := range map[isa]bool{avxVNNI: cpu.X86.HasAVXVNNI, avx512VNNI: cpu.X86.HasAVX512VNNI, avx512BF16: cpu.X86.HasAVX512BF16,
		amx: cpu.X86.HasAMXInt8 && cpu.X86.HasAMXBF16} {
		if there {
			has |= bit
		}
	}
	return has
}

// limits are what the values of ONEDNN_MAX_CPU_ISA leave, as the bits of dnnl_cpu_isa_t tell; those that aren't here leave all.
var limits = map[string]isa{
	"sse41": 0, "avx": 0, "avx2": 0, "avx512_core": 0, "avx2_vnni": avxVNNI, "avx2_vnni_2": avxVNNI,
	"avx512_core_vnni": avx512VNNI, "avx512_core_bf16": avx512VNNI | avx512BF16,
	"avx512_core_fp16": avxVNNI | avx512VNNI | avx512BF16, "avx10_1_512": avxVNNI | avx512VNNI | avx512BF16,
}

// allowedISA is what the environment allows oneDNN, which reads the older name where the newer isn't set, and the setting that says so.
func allowedISA() (setting string, allowed isa) {
	name := "ONEDNN_MAX_CPU_ISA"
	value := os.Getenv(name)
	if value == "" {
		name = "DNNL_MAX_CPU_ISA"
		value = os.Getenv(name)
	}
	if limit, ok := limits[strings.ToLower(value)]; ok {
		return name + "=" + value, limit
	}
	return "", ^isa(0)
}
