package torch

import (
	"fmt"
	"math"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// ResizeUint8 resizes the crop (x, y, cw×ch) of a picture of h rows of w×c bytes into
// dst, dh rows of dw×c, with antialiased bilinear interpolation, as PIL's BILINEAR. It
// may be called on any goroutine and begins no threads of libtorch.
func ResizeUint8(src []byte, h, w, c, x, y, cw, ch int, dst []byte, dh, dw int) error {
	picture, ok := elements([]int64{int64(h), int64(w), int64(c)})
	resized, fits := elements([]int64{int64(dh), int64(dw), int64(c)})
	if !ok || !fits || max(h, w, c, dh, dw) > math.MaxInt32 || picture != int64(len(src)) || resized != int64(len(dst)) || x < 0 || y < 0 || cw < 1 || ch < 1 || cw > w-x || ch > h-y || dh < 1 || dw < 1 {
		return fmt.Errorf("torch: resize of crop %d,%d %d×%d of a picture of %d×%d to %d×%d: it does not fit", x, y, cw, ch, w, h, dw, dh)
	}
	return shim.ResizeUint8(src, h, w, c, x, y, cw, ch, dst, dh, dw)
}

// Logit is log(x/(1-x)), x limited to eps … 1-eps.
func (t *Tensor) Logit(eps float64) *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgLogit(&out.c, p, eps, 0)
	return out.from("logit", t)
}

// Sigmoid_ is [Tensor.Sigmoid] in place; it returns t.
func (t *Tensor) Sigmoid_() *Tensor {
	p := t.ptr()
	out := begin()
	lib.AtgSigmoid_(&out.c, p)
	return t.inPlace(out, "sigmoid_", t)
}
