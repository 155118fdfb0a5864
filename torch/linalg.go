package torch

import lib "github.com/sugarme/gotch/libtch"

// The functions of torch.linalg and torch.fft take the last two dimensions, or the last one, of batches of any shape.

// Dot is the sum of products of two vectors.
func (t *Tensor) Dot(u *Tensor) *Tensor { return t.binary("dot", u, lib.AtgDot) }

// Outer is the matrix of products of each element of vector t with each of u.
func (t *Tensor) Outer(u *Tensor) *Tensor { return t.binary("outer", u, lib.AtgOuter) }

// Einsum sums products of elements by Einstein's notation, such as "bij,bjk->bik" (torch.einsum).
func Einsum(equation string, ts ...*Tensor) *Tensor { return call("aten::einsum", equation, ts) }

// LinalgInv is the inverse of square matrices.
func LinalgInv(a *Tensor) *Tensor { return a.unary("linalg_inv", lib.AtgLinalgInv) }

// LinalgPinv is the pseudoinverse of Moore and Penrose.
func LinalgPinv(a *Tensor) *Tensor { return call("aten::linalg_pinv.atol_rtol_tensor", a) }

// LinalgDet is the determinant of square matrices.
func LinalgDet(a *Tensor) *Tensor { return a.unary("linalg_det", lib.AtgLinalgDet) }

// LinalgSolve is the x of a·x = b, for square a.
func LinalgSolve(a, b *Tensor) *Tensor {
	return a.binary("linalg_solve", b, func(out *lib.Ctensor, a, b lib.Ctensor) { lib.AtgLinalgSolve(out, a, b, 1) })
}

// LinalgCholesky is the lower triangle whose product with its transpose is a, symmetric and positive definite.
func LinalgCholesky(a *Tensor) *Tensor {
	return a.unary("linalg_cholesky", func(out *lib.Ctensor, a lib.Ctensor) { lib.AtgLinalgCholesky(out, a, 0) })
}

// LinalgQR returns a's reduced factors: orthonormal columns q, and an upper triangle r.
func LinalgQR(a *Tensor) (q, r *Tensor) {
	both := Call("aten::linalg_qr", a)
	return both[0].(*Tensor), both[1].(*Tensor)
}

// LinalgSVD returns a's singular values s, largest first, and square matrices u and vh (full_matrices=True); [LinalgSVDReduced]
// has no more vectors than singular values.
func LinalgSVD(a *Tensor) (u, s, vh *Tensor) { return svd(a, true) }

// LinalgSVDReduced returns a's singular values s, largest first, and the vectors whose product u·diag(s)·vh is a.
func LinalgSVDReduced(a *Tensor) (u, s, vh *Tensor) { return svd(a, false) }

func svd(a *Tensor, full bool) (u, s, vh *Tensor) {
	all := Call("aten::linalg_svd", a, full)
	return all[0].(*Tensor), all[1].(*Tensor), all[2].(*Tensor)
}

// LinalgEigh returns the eigenvalues of a symmetric a, smallest first, and its eigenvectors in columns.
func LinalgEigh(a *Tensor) (values, vectors *Tensor) {
	both := Call("aten::linalg_eigh", a)
	return both[0].(*Tensor), both[1].(*Tensor)
}

// FFT is the discrete Fourier transform along dim; n cuts that dimension or fills it up with zeros, 0 leaves it as it is.
func FFT(x *Tensor, n, dim int64) *Tensor { return fourier("fft_fft", x, n, dim) }

// IFFT is the inverse of [FFT].
func IFFT(x *Tensor, n, dim int64) *Tensor { return fourier("fft_ifft", x, n, dim) }

// RFFT is the half without negative frequencies of the [FFT] of real numbers.
func RFFT(x *Tensor, n, dim int64) *Tensor { return fourier("fft_rfft", x, n, dim) }

// IRFFT is the inverse of [RFFT]; n is the number of real elements, 0 for the even one.
func IRFFT(x *Tensor, n, dim int64) *Tensor { return fourier("fft_irfft", x, n, dim) }

func fourier(op string, x *Tensor, n, dim int64) *Tensor {
	if n == 0 {
		return call("aten::"+op, x, nil, dim)
	}
	return call("aten::"+op, x, n, dim)
}

// FFT2 is the discrete Fourier transform of the last two dimensions.
func FFT2(x *Tensor) *Tensor { return call("aten::fft_fft2", x) }

// IFFT2 is the inverse of [FFT2].
func IFFT2(x *Tensor) *Tensor { return call("aten::fft_ifft2", x) }

// FFTShift moves the frequency 0 of dims, of all without, from the start to the middle.
func FFTShift(x *Tensor, along ...int64) *Tensor {
	return call("aten::fft_fftshift", x, x.every(along))
}

// IFFTShift is the inverse of [FFTShift].
func IFFTShift(x *Tensor, along ...int64) *Tensor {
	return call("aten::fft_ifftshift", x, x.every(along))
}

// Real is a view of the real parts of complex numbers, and t itself of others.
func (t *Tensor) Real() *Tensor { return call("aten::real", t) }

// Imag is a view of the imaginary parts of complex numbers.
func (t *Tensor) Imag() *Tensor { return call("aten::imag", t) }
