package torch

import (
	"fmt"
	"slices"
)

// What PyTorch refuses above ATen, in torch/nn/functional.py and in its bindings, libtorch lets through: it is refused here.
// checks_test.go lists all of it beside Python.

// checkBatchNorm refuses one value per channel in training, whose variance isn't a number, before running statistics change.
func checkBatchNorm(x *Tensor, training bool, eps float64) {
	if !(eps > 0) {
		fail("batch_norm", fmt.Sprintf("eps must be above 0, got %v", eps), x)
	}
	i := x.info()
	if i.Dim < 2 {
		fail("batch_norm", fmt.Sprintf("expected N×C or N×C×…, got %d dimensions", i.Dim), x)
	}
	values := i.Sizes[0]
	for _, n := range i.Sizes[2:i.Dim] {
		values *= n
	}
	if training && values == 1 {
		fail("batch_norm", fmt.Sprintf("Expected more than 1 value per channel when training, got input size %v", i.Sizes[:i.Dim]), x)
	}
}

// checkDropout refuses a probability out of 0 … 1, when not training too.
func checkDropout(x *Tensor, p float64) {
	if !(p >= 0 && p <= 1) {
		fail("dropout", fmt.Sprintf("dropout probability has to be between 0 and 1, but got %v", p), x)
	}
}

// check refuses what is not one of the reductions: libtorch takes it for one of them.
func (r Reduction) check(op string) {
	if r < ReductionNone || r > ReductionSum {
		fail(op, fmt.Sprintf("Reduction(%d) is not one of ReductionNone, ReductionMean and ReductionSum", r))
	}
}

// checkTarget refuses a loss's target of another shape than the input: broadcasting would compare each element with all
// others. PyTorch only warns of it in mse_loss and l1_loss.
func checkTarget(op string, x, target *Tensor, r Reduction) {
	r.check(op)
	a, b := x.info(), target.info()
	if a.Dim != b.Dim || a.Sizes != b.Sizes {
		fail(op, fmt.Sprintf("target size %v must be the same as input size %v; View one of them as the other", b.Sizes[:b.Dim], a.Sizes[:a.Dim]), x, target)
	}
}

// checkAffine refuses what torch.nn.functional.affine_grid refuses.
func checkAffine(theta *Tensor, size [4]int64) {
	i := theta.info()
	switch {
	case !DType(i.DType).IsFloatingPoint():
		fail("affine_grid", fmt.Sprintf("Expected theta to have floating point type, but got %v", DType(i.DType)), theta)
	case i.Dim != 3 || i.Sizes[1] != 2 || i.Sizes[2] != 3:
		fail("affine_grid", fmt.Sprintf("expected theta N×2×3, got %v", i.Sizes[:i.Dim]), theta)
	case slices.Min(size[:]) < 1:
		fail("affine_grid", fmt.Sprintf("Expected non-zero, positive output size, got %v", size), theta)
	}
}

// checkGrad refuses a gradient that isn't like its tensor, which a later step would read beyond its end.
func checkGrad(t, g *Tensor) {
	if g == t {
		fail("set_grad", "a tensor can't be its own gradient", t)
	}
	a, b := t.info(), g.info()
	switch {
	case a.DType != b.DType || a.CUDA != b.CUDA:
		fail("set_grad", "the gradient has another dtype or device than its tensor", t, g)
	case a.Dim != b.Dim || a.Sizes != b.Sizes:
		fail("set_grad", "the gradient has another size than its tensor", t, g)
	}
}

// checkConcentration refuses what torch.distributions.Dirichlet refuses, on which libtorch draws NaN.
func checkConcentration(alpha *Tensor) {
	if alpha.Dim() == 0 {
		fail("sample_dirichlet", "concentration must be at least one-dimensional", alpha)
	}
	if alpha.Numel() == 0 {
		return
	}
	least := alpha.Min() // NaN, if there is one
	defer least.Close()
	if !(least.Item() > 0) {
		fail("sample_dirichlet", fmt.Sprintf("concentration must be above 0, got %v", least.Item()), alpha)
	}
}
