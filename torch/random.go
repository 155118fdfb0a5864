package torch

import (
	"encoding/binary"
	"os"
	"runtime"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// ManualSeed seeds the generators of every device, as torch.manual_seed.
func ManualSeed(seed uint64) { check(shim.ManualSeed(seed), "manual_seed") }

// InitialSeed returns the seed of the CPU's generator, as torch.initial_seed: that of [ManualSeed], or else the random one with which
// the program began.
func InitialSeed() uint64 {
	state := RNGState(CPU)
	defer state.Close()
	return binary.LittleEndian.Uint64(ToSlice[uint8](state)) // the state begins with it
}

// Repeatable reports whether the program's results are meant to repeat to the last digit: it called [ManualSeed], or chose the number of
// threads, by [SetNumThreads] or OMP_NUM_THREADS. Only otherwise does a fit use fewer threads while the machine is busy.
func Repeatable() bool {
	return InitialSeed() != began.seed || os.Getenv("OMP_NUM_THREADS") != "" || NumThreads() != began.threads
}

// RNGState is the state of a device's generator, a tensor of bytes that is the
// caller's to close, as torch.get_rng_state.
func RNGState(d Device) *Tensor {
	h, err := shim.RNGState(d.c("get_rng_state"))
	return wrap(h, err, nil, "get_rng_state")
}

// SetRNGState puts back what [RNGState] returned.
func SetRNGState(d Device, state *Tensor) {
	check(shim.SetRNGState(state.handle(), d.c("set_rng_state")), "set_rng_state")
	runtime.KeepAlive(state)
}

// SampleDirichlet draws from Dirichlet distributions of the concentrations in the rows of
// alpha, N×K, by the CPU's generator; two of them are a beta distribution
// (torch.distributions.Dirichlet).
func SampleDirichlet(alpha *Tensor) *Tensor {
	checkConcentration(alpha)
	p := alpha.ptr()
	out := begin()
	lib.Atg_SampleDirichlet(&out.c, p)
	return out.from("sample_dirichlet", alpha)
}

// RandomSeed draws a seed from the CPU's generator, so that what is seeded with it
// depends on [ManualSeed] alone, as PyTorch's DataLoader seeds its workers.
func RandomSeed() uint64 {
	t := (*Scope)(nil).With(Int64, CPU).Empty(1)
	defer t.Close()
	p := t.ptr()
	out := begin()
	lib.AtgRandom_(&out.c, p)
	return uint64(t.inPlace(out, "random_", t).ItemInt())
}
