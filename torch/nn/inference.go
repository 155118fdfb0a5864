package nn

import (
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// PackConvs lays the weights of m's convolutions out as oneDNN wants them for inputs of x's
// shape, a float32 batch on the CPU, with the batch norms of m's containers that follow them
// folded in, and frees the weights themselves: m, in evaluation mode, can then only be run
// without gradients, and closed. Where libtorch has no oneDNN it changes nothing.
func PackConvs(m Module, x *torch.Tensor) error {
	if err := guard.Given("nn: PackConvs", m, x); err != nil {
		return err
	}
	if !torch.HasOneDNN() || !plain(x) {
		return nil
	}
	setPacking(m, packInstead)
	defer setPacking(m, packNever)
	return torch.Try(func() {
		torch.NoGrad(func() {
			if y := m.Forward(x); y != x {
				y.Close()
			}
		})
	})
}

// Packed runs f, in which forward passes of m on float32 pictures on the CPU, without gradients, use
// weights that are packed as by [PackConvs], beside the weights themselves: from the third pass in
// a row on that sees a weight as it was, so that what changes all the time is never packed. It takes
// as much memory again as the convolutions' weights, until [Unpack] or [Close]. Outputs are the
// same within rounding. Whatever changes a weight in place, or replaces it, is noticed: see
// [torch.Tensor.Version].
func Packed(m Module, f func()) {
	if torch.HasOneDNN() {
		setPacking(m, packBeside)
		defer setPacking(m, packNever)
	}
	f()
}

// Unpack frees what [Packed] keeps.
func Unpack(m Module) {
	eachConv(m, func(c *Conv2d) {
		if c.packed != nil && !c.packed.alone {
			c.unpack()
		}
		c.seen = 0
	})
}

func setPacking(m Module, p packing) { eachConv(m, func(c *Conv2d) { c.packing = p }) }

func eachConv(m Module, do func(*Conv2d)) {
	Walk(m, func(_ string, m Module) {
		if conv, ok := m.(*Conv2d); ok {
			do(conv)
		}
	})
}
