package nn

import "github.com/fastlearn-go/fastlearn/torch"

// Packed runs f, in which forward passes of m on float32 pictures on the CPU, without gradients, use
// weights laid out as oneDNN wants them, with the batch norms of m's containers that follow them folded in, beside the weights themselves: from the third pass in
// a row on that sees a weight as it was, so that what changes all the time is never packed. It takes
// as much memory again as the convolutions' weights, until [Unpack] or [Close]. Outputs are the
// same within rounding. Whatever changes a weight in place, or replaces it, is noticed: see
// [torch.Tensor.Version].
func Packed(m Module, f func()) {
	if torch.HasOneDNN() {
		setPacking(m, true)
		defer setPacking(m, false)
	}
	f()
}

// Unpack frees what [Packed] keeps.
func Unpack(m Module) {
	eachConv(m, func(c *Conv2d) {
		if c.packed != nil {
			c.unpack()
		}
		c.seen = 0
	})
}

func setPacking(m Module, on bool) { eachConv(m, func(c *Conv2d) { c.packing = on }) }

func eachConv(m Module, do func(*Conv2d)) {
	Walk(m, func(_ string, m Module) {
		if conv, ok := m.(*Conv2d); ok {
			do(conv)
		}
	})
}
