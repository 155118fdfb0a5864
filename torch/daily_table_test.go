package torch_test

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

type tensor = torch.Tensor

// expressions lists what daily operations are compared by: Python's expression and ours.
func expressions() []expression {
	list := func(ts ...*tensor) []*tensor { return ts }
	pair := func(a, b *tensor) []*tensor { return list(a, b) }
	return slices.Concat(unaries("x", map[string]func(*tensor) *tensor{
		"%s.neg()": (*tensor).Neg, "%s.exp()": (*tensor).Exp, "%s.abs()": (*tensor).Abs, "%s.sin()": (*tensor).Sin, "%s.cos()": (*tensor).Cos,
		"%s.tanh()": (*tensor).Tanh, "%s.sigmoid()": (*tensor).Sigmoid, "%s.relu()": (*tensor).Relu, "%s.floor()": (*tensor).Floor,
		"%s.round()": (*tensor).Round, "%s.isnan()": (*tensor).Isnan, "%s.isfinite()": (*tensor).Isfinite, "%s.erf()": (*tensor).Erf,
		"%s.expm1()": (*tensor).Expm1, "%s.sign()": (*tensor).Sign, "%s.reciprocal()": (*tensor).Reciprocal, "%s.square()": (*tensor).Square,
		"%s.ceil()": (*tensor).Ceil, "%s.trunc()": (*tensor).Trunc, "%s.tan()": (*tensor).Tan, "%s.atan()": (*tensor).Atan,
		"%s.sinh()": (*tensor).Sinh, "%s.cosh()": (*tensor).Cosh, "%s.isinf()": (*tensor).Isinf, "%s.logical_not()": (*tensor).LogicalNot,
		"F.softplus(%s)": (*tensor).Softplus, "F.logsigmoid(%s)": (*tensor).LogSigmoid, "F.silu(%s)": (*tensor).Silu, "F.mish(%s)": (*tensor).Mish,
		"F.hardswish(%s)": (*tensor).Hardswish, "F.hardsigmoid(%s)": (*tensor).Hardsigmoid,
		"%s.max()": (*tensor).Max, "%s.min()": (*tensor).Min, "%s.median()": (*tensor).Median, "%s.nonzero()": (*tensor).Nonzero,
		"torch.zeros_like(%s)": torch.ZerosLike, "torch.ones_like(%s)": torch.OnesLike, "torch.fft.fft2(%s)": torch.FFT2, "torch.fft.ifft2(%s)": torch.IFFT2,
	}), unaries("p", map[string]func(*tensor) *tensor{
		"%s.log()": (*tensor).Log, "%s.log1p()": (*tensor).Log1p, "%s.sqrt()": (*tensor).Sqrt, "%s.rsqrt()": (*tensor).Rsqrt, "%s.log2()": (*tensor).Log2,
		"%s.log10()": (*tensor).Log10, "%s.erfinv()": (*tensor).Erfinv, "%s.asin()": (*tensor).Asin, "%s.acos()": (*tensor).Acos,
	}), unaries("spd", map[string]func(*tensor) *tensor{
		"torch.linalg.inv(%s)": torch.LinalgInv, "torch.linalg.pinv(%s)": torch.LinalgPinv, "torch.linalg.det(%s)": torch.LinalgDet,
		"torch.linalg.cholesky(%s)": torch.LinalgCholesky,
	}), binaries(map[string]func(a, b *tensor) *tensor{
		"x.add(y)": (*tensor).Add, "x.sub(y)": (*tensor).Sub, "x.mul(y)": (*tensor).Mul, "x.div(y)": (*tensor).Div, "x.maximum(y)": (*tensor).Maximum,
		"x.minimum(y)": (*tensor).Minimum, "p.pow(y)": (*tensor).Pow, "x.eq(y)": (*tensor).Eq, "x.ne(y)": (*tensor).Ne, "x.lt(y)": (*tensor).Lt,
		"x.le(y)": (*tensor).Le, "x.gt(y)": (*tensor).Gt, "x.ge(y)": (*tensor).Ge, "x.logical_and(m)": (*tensor).LogicalAnd,
		"x.logical_or(m)": (*tensor).LogicalOr, "x.logical_xor(m)": (*tensor).LogicalXor, "v.dot(w)": (*tensor).Dot, "v.outer(w)": (*tensor).Outer,
		"x.matmul(v)": (*tensor).MatMul, "x.masked_select(m)": (*tensor).MaskedSelect,
		"torch.linalg.solve(spd, spd)": torch.LinalgSolve,
	}), []expression{
		ex("x.eq(1)", func(in in1) *tensor { return in["x"].EqScalar(1) }), ex("x.ne(1)", func(in in1) *tensor { return in["x"].NeScalar(1) }),
		ex("x.lt(.5)", func(in in1) *tensor { return in["x"].LtScalar(.5) }), ex("x.le(1)", func(in in1) *tensor { return in["x"].LeScalar(1) }),
		ex("x.gt(1)", func(in in1) *tensor { return in["x"].GtScalar(1) }), ex("x.ge(.5)", func(in in1) *tensor { return in["x"].GeScalar(.5) }),
		ex("x.sum()", func(in in1) *tensor { return in["x"].Sum() }), ex("x.sum(1, keepdim=True)", func(in in1) *tensor { return in["x"].KeepDim().Sum(1) }),
		ex("x.mean((0, 1))", func(in in1) *tensor { return in["x"].Mean(0, 1) }),
		ex("x.all()", func(in in1) *tensor { return in["x"].All() }), ex("x.all((0, 1), keepdim=True)", func(in in1) *tensor { return in["x"].KeepDim().All(0, 1) }),
		ex("x.any()", func(in in1) *tensor { return in["x"].Any() }), ex("x.any(1)", func(in in1) *tensor { return in["x"].Any(1) }),
		ex("x.any((0, 1), keepdim=True)", func(in in1) *tensor { return in["x"].KeepDim().Any() }),
		ex("x.var()", func(in in1) *tensor { return in["x"].Var(1) }), ex("x.var(1, correction=0, keepdim=True)", func(in in1) *tensor { return in["x"].KeepDim().Var(0, 1) }),
		ex("x.std()", func(in in1) *tensor { return in["x"].Std(1) }), ex("x.std((0, 1), correction=0.5)", func(in in1) *tensor { return in["x"].Std(.5, 0, 1) }),
		ex("torch.linalg.vector_norm(x, 1)", func(in in1) *tensor { return in["x"].Norm(1) }), ex("torch.linalg.vector_norm(x, 2, 1, True)", func(in in1) *tensor { return in["x"].KeepDim().Norm(2, 1) }),
		ex("torch.linalg.vector_norm(x, float('inf'), 0)", func(in in1) *tensor { return in["x"].Norm(inf, 0) }),
		ex("x.amax((0, 1))", func(in in1) *tensor { return in["x"].Amax() }), ex("x.amax(1, True)", func(in in1) *tensor { return in["x"].KeepDim().Amax(1) }),
		ex("x.amin(-1)", func(in in1) *tensor { return in["x"].Amin(-1) }), ex("x.argmax(1)", func(in in1) *tensor { return in["x"].ArgMax(1) }),
		ex("x.argmin(0, True)", func(in in1) *tensor { return in["x"].KeepDim().ArgMin(0) }),
		exs("x.max(1)", func(in in1) []*tensor { return pair(in["x"].MaxDim(1)) }), exs("x.min(0, keepdim=True)", func(in in1) []*tensor { return pair(in["x"].KeepDim().MinDim(0)) }),
		exs("x.median(1)", func(in in1) []*tensor { return pair(in["x"].MedianDim(1)) }), exs("x.topk(2, 1)", func(in in1) []*tensor { return pair(in["x"].TopK(2, 1)) }),
		exs("y.sort(1, True)", func(in in1) []*tensor { return pair(in["y"].SortDescending(1)) }),
		ex("x.logsumexp((0, 1))", func(in in1) *tensor { return in["x"].LogSumExp() }), ex("x.logsumexp(1, True)", func(in in1) *tensor { return in["x"].KeepDim().LogSumExp(1) }),
		ex("x.prod()", func(in in1) *tensor { return in["x"].Prod() }), ex("x.prod(1, True)", func(in in1) *tensor { return in["x"].KeepDim().Prod(1) }),
		ex("x.quantile(.3)", func(in in1) *tensor { return in["x"].Quantile(.3) }), ex("x.quantile(.75, 1, True)", func(in in1) *tensor { return in["x"].KeepDim().Quantile(.75, 1) }),
		ex("x.cumsum(1)", func(in in1) *tensor { return in["x"].Cumsum(1) }), ex("x.cumprod(0)", func(in in1) *tensor { return in["x"].Cumprod(0) }),
		exs("x.unique(return_inverse=True, return_counts=True)", func(in in1) []*tensor { a, b, c := in["x"].Unique(); return list(a, b, c) }),
		ex("counts.bincount(minlength=8)", func(in in1) *tensor { return in["counts"].Bincount(nil, 8) }), ex("rows.bincount(v[:2].detach())", func(in in1) *tensor { return in["rows"].Bincount(in["v"].Detach().Narrow(0, 0, 2), 0) }),
		ex("(torch.manual_seed(4), p.detach().multinomial(3, True))[1]", func(in in1) *tensor { torch.ManualSeed(4); return in["p"].Detach().MultinomialWithReplacement(3) }),
		ex("x.softmax(1)", func(in in1) *tensor { return in["x"].Softmax(1) }), ex("x.log_softmax(0)", func(in in1) *tensor { return in["x"].LogSoftmax(0) }),

		ex("x.index_select(0, rows)", func(in in1) *tensor { return in["x"].IndexSelect(0, in["rows"]) }), ex("x[rows, cols]", func(in in1) *tensor { return in["x"].Index(in["rows"], in["cols"]) }),
		ex("x[:, cols]", func(in in1) *tensor { return in["x"].Index(nil, in["cols"]) }), ex("x[m]", func(in in1) *tensor { return in["x"].Index(in["m"]) }),
		ex("x.gather(0, places)", func(in in1) *tensor { return in["x"].Gather(0, in["places"]) }), ex("x.scatter(1, places, y)", func(in in1) *tensor { return in["x"].Scatter(1, in["places"], in["y"]) }),
		ex("x.scatter_add(0, places, y)", func(in in1) *tensor { return in["x"].ScatterAdd(0, in["places"], in["y"]) }),
		ex("x.index_add(0, rows, y[:2])", func(in in1) *tensor { return in["x"].IndexAdd(0, in["rows"], in["y"].Narrow(0, 0, 2)) }),
		ex("x.masked_fill(m, -2)", func(in in1) *tensor { return in["x"].MaskedFill(in["m"], -2) }), ex("x.masked_fill(m, .5)", func(in in1) *tensor { return in["x"].MaskedFill(in["m"], .5) }),
		ex("x.masked_fill(m, float('-inf'))", func(in in1) *tensor { return in["x"].MaskedFill(in["m"], -inf) }),
		ex("F.one_hot(classes, 5)", func(in in1) *tensor { return in["classes"].OneHot(5) }), ex("F.one_hot(classes)", func(in in1) *tensor { return in["classes"].OneHot(-1) }),
		ex("x.tril(1)", func(in in1) *tensor { return in["x"].Tril(1) }), ex("x.triu(-1)", func(in in1) *tensor { return in["x"].Triu(-1) }), ex("x.diagonal(1)", func(in in1) *tensor { return in["x"].Diagonal(1, 0, 1) }),
		ex("x[:, 1:4:2]", func(in in1) *tensor { return in["x"].Slice(1, 1, 4, 2) }), ex("seq.unfold(2, 3, 2)", func(in in1) *tensor { return in["seq"].Unfold(2, 3, 2) }),
		exs("x.chunk(3, 1)", func(in in1) []*tensor { return in["x"].Chunk(3, 1) }), exs("x.split(2)", func(in in1) []*tensor { return in["x"].Split(0, 2) }),
		exs("x.split([1, 3], 1)", func(in in1) []*tensor { return in["x"].Split(1, 1, 3) }), exs("x.unbind(0)", func(in in1) []*tensor { return in["x"].Unbind(0) }),
		ex("x.repeat(2, 1, 2)", func(in in1) *tensor { return in["x"].Repeat(2, 1, 2) }), ex("x.repeat_interleave(2, 1)", func(in in1) *tensor { return in["x"].RepeatInterleave(2, 1) }),
		ex("x.roll((1, -1), (0, 1))", func(in in1) *tensor { return in["x"].Roll([]int64{1, -1}, []int64{0, 1}) }), ex("x.flip(0, 1)", func(in in1) *tensor { return in["x"].Flip(0, 1) }),
		exs("torch.meshgrid(v, w, indexing='ij')", func(in in1) []*tensor { return torch.Meshgrid(in["v"], in["w"]) }),
		ex("(v, torch.linspace(-1, 2, 7))[1]", func(in in1) *tensor { return in["v"].Scope().Linspace(-1, 2, 7) }), ex("(v, torch.eye(3, dtype=torch.int64))[1]", func(in in1) *tensor { return in["v"].Scope().With(torch.Int64).Eye(3) }),

		ex("torch.einsum('ij,kj->ik', x, y)", func(in in1) *tensor { return torch.Einsum("ij,kj->ik", in["x"], in["y"]) }),
		exs("[t.abs() for t in torch.linalg.qr(spd)]", func(in in1) []*tensor { q, r := torch.LinalgQR(in["spd"]); return list(q.Abs(), r.Abs()) }),
		exs("[t.abs() for t in torch.linalg.svd(x, full_matrices=False)]", func(in in1) []*tensor {
			u, s, v := torch.LinalgSVDReduced(in["x"])
			return list(u.Abs(), s.Abs(), v.Abs())
		}),
		exs("[t.abs() for t in torch.linalg.eigh(spd)]", func(in in1) []*tensor { a, b := torch.LinalgEigh(in["spd"]); return list(a.Abs(), b.Abs()) }),
		ex("torch.fft.fft(x, 6, 0)", func(in in1) *tensor { return torch.FFT(in["x"], 6, 0) }), ex("torch.fft.ifft(x)", func(in in1) *tensor { return torch.IFFT(in["x"], 0, -1) }),
		ex("torch.fft.rfft(x)", func(in in1) *tensor { return torch.RFFT(in["x"], 0, -1) }), ex("torch.fft.irfft(torch.fft.rfft(x), 3)", func(in in1) *tensor { return torch.IRFFT(torch.RFFT(in["x"], 0, -1), 3, -1) }),
		ex("torch.fft.fftshift(x)", func(in in1) *tensor { return torch.FFTShift(in["x"]) }), ex("torch.fft.ifftshift(x, (1,))", func(in in1) *tensor { return torch.IFFTShift(in["x"], 1) }),
		ex("torch.fft.fft(x).imag", func(in in1) *tensor { return torch.FFT(in["x"], 0, -1).Imag() }), ex("torch.fft.fft(x).real", func(in in1) *tensor { return torch.FFT(in["x"], 0, -1).Real() }),
	}, functional())
}

func functional() (out []expression) {
	pads := map[string][]int64{"(1, 2)": {1, 2}, "(1, 0, 2, 1)": {1, 0, 2, 1}}
	for _, mode := range []string{"constant", "reflect", "replicate", "circular"} {
		for _, shape := range []string{"(1, 2)", "(1, 0, 2, 1)"} {
			name := map[int]string{2: "seq", 4: "img"}[len(pads[shape])]
			out = append(out, ex("F.pad("+name+", "+shape+", mode='"+mode+"')", func(in in1) *tensor { return torch.Pad(in[name], pads[shape], mode, 0) }))
		}
	}
	for _, o := range []struct {
		py, of string
		o      torch.InterpolateOptions
	}{
		{"scale_factor=2", "seq", torch.InterpolateOptions{ScaleFactor: []float64{2}}},
		{"size=(7, 9), mode='nearest'", "img", torch.InterpolateOptions{Size: []int64{7, 9}, Mode: "nearest"}},
		{"scale_factor=1.5, mode='nearest'", "vol", torch.InterpolateOptions{ScaleFactor: []float64{1.5}, Mode: "nearest"}},
		{"size=7, mode='nearest-exact'", "img", torch.InterpolateOptions{Size: []int64{7}, Mode: "nearest-exact"}},
		{"scale_factor=1.7, mode='linear'", "seq", torch.InterpolateOptions{ScaleFactor: []float64{1.7}, Mode: "linear"}},
		{"scale_factor=(1.7, 2.3), mode='bilinear'", "img", torch.InterpolateOptions{ScaleFactor: []float64{1.7, 2.3}, Mode: "bilinear"}},
		{"size=(3, 3), mode='bilinear', align_corners=True", "img", torch.InterpolateOptions{Size: []int64{3, 3}, Mode: "bilinear", AlignCorners: true}},
		{"size=(3, 4), mode='bilinear', antialias=True", "img", torch.InterpolateOptions{Size: []int64{3, 4}, Mode: "bilinear", Antialias: true}},
		{"size=(8, 8), mode='bicubic'", "img", torch.InterpolateOptions{Size: []int64{8}, Mode: "bicubic"}},
		{"size=(3, 4), mode='bicubic', antialias=True", "img", torch.InterpolateOptions{Size: []int64{3, 4}, Mode: "bicubic", Antialias: true}},
		{"scale_factor=2, mode='trilinear'", "vol", torch.InterpolateOptions{ScaleFactor: []float64{2}, Mode: "trilinear"}},
		{"scale_factor=.5, mode='area'", "img", torch.InterpolateOptions{ScaleFactor: []float64{.5}, Mode: "area"}},
		{"size=2, mode='area'", "vol", torch.InterpolateOptions{Size: []int64{2}, Mode: "area"}},
		{"size=4, mode='area'", "seq", torch.InterpolateOptions{Size: []int64{4}, Mode: "area"}},
	} {
		out = append(out, ex("F.interpolate("+o.of+", "+o.py+")", func(in in1) *tensor { return torch.Interpolate(in[o.of], o.o) }))
	}
	for _, r := range []torch.Reduction{torch.ReductionNone, torch.ReductionMean, torch.ReductionSum} {
		name := []string{"'none'", "'mean'", "'sum'"}[r]
		out = append(out,
			ex("F.nll_loss(x, classes, reduction="+name+")", func(in in1) *tensor { return torch.NLLLoss(in["x"], in["classes"], nil, -100, r) }),
			ex("F.nll_loss(x, classes, v.detach(), ignore_index=3, reduction="+name+")", func(in in1) *tensor { return torch.NLLLoss(in["x"], in["classes"], in["v"].Detach(), 3, r) }),
			ex("F.smooth_l1_loss(x, y, beta=.5, reduction="+name+")", func(in in1) *tensor { return torch.SmoothL1Loss(in["x"], in["y"], .5, r) }),
			ex("F.huber_loss(x, y, delta=.7, reduction="+name+")", func(in in1) *tensor { return torch.HuberLoss(in["x"], in["y"], .7, r) }),
			ex("F.kl_div(x, p, reduction="+name+")", func(in in1) *tensor { return torch.KLDiv(in["x"], in["p"], r) }),
			ex("F.kl_div(x, y, log_target=True, reduction="+name+")", func(in in1) *tensor { return torch.KLDivLogTarget(in["x"], in["y"], r) }))
	}
	conv := func(py string, o torch.ConvolutionOptions, x, k string) {
		out = append(out, ex(py, func(in in1) *tensor { return torch.Convolution(in[x], in[k], in["v"], o) }))
	}
	conv("F.conv1d(seq, k1, v, groups=2)", torch.ConvolutionOptions{Groups: 2}, "seq", "k1")
	conv("F.conv2d(img, k2, v, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2)", torch.ConvolutionOptions{Stride: []int64{2, 1}, Padding: []int64{1, 2}, Dilation: []int64{1, 2}, Groups: 2}, "img", "k2")
	conv("F.conv3d(vol, k3, v, padding=1, groups=2)", torch.ConvolutionOptions{Padding: []int64{1}, Groups: 2}, "vol", "k3")
	conv("F.conv_transpose1d(seq, k1, v, groups=2)", torch.ConvolutionOptions{Transposed: true, Groups: 2}, "seq", "k1")
	conv("F.conv_transpose2d(img, k2, v, stride=2, padding=1, output_padding=1, groups=2)", torch.ConvolutionOptions{Transposed: true, Stride: []int64{2}, Padding: []int64{1}, OutputPadding: []int64{1}, Groups: 2}, "img", "k2")
	conv("F.conv_transpose3d(vol, k3, v, groups=2)", torch.ConvolutionOptions{Transposed: true, Groups: 2}, "vol", "k3")
	return append(out,
		ex("F.conv2d(vol[0, :, :, 0], k2, groups=2)", func(in in1) *tensor {
			return torch.Convolution(in["vol"].Select(0, 0).Select(2, 0), in["k2"], nil, torch.ConvolutionOptions{Groups: 2})
		}),
		ex("F.avg_pool2d(img, 2)", func(in in1) *tensor { return torch.AvgPool2d(in["img"], 2, 0, 0) }), ex("F.avg_pool2d(img, 3, 2, 1)", func(in in1) *tensor { return torch.AvgPool2d(in["img"], 3, 2, 1) }),
		ex("F.gelu(x)", func(in in1) *tensor { return in["x"].Gelu("none") }), ex("F.gelu(x, approximate='tanh')", func(in in1) *tensor { return in["x"].Gelu("tanh") }),
		ex("F.leaky_relu(x, .1)", func(in in1) *tensor { return in["x"].LeakyRelu(.1) }), ex("F.elu(x, .7)", func(in in1) *tensor { return in["x"].Elu(.7) }),
		ex("F.layer_norm(x, (4,), v, w, 1e-3)", func(in in1) *tensor { return torch.LayerNorm(in["x"], in["v"], in["w"], 1e-3, 4) }), ex("F.layer_norm(x, (3, 4))", func(in in1) *tensor { return torch.LayerNorm(in["x"], nil, nil, 1e-5, 3, 4) }),
		ex("F.group_norm(img, 2, v, w)", func(in in1) *tensor { return torch.GroupNorm(in["img"], 2, in["v"], in["w"], 1e-5) }),
		ex("F.embedding(rows, x)", func(in in1) *tensor { return torch.Embedding(in["rows"], in["x"], -1) }), ex("F.embedding(rows, x, padding_idx=0)", func(in in1) *tensor { return torch.Embedding(in["rows"], in["x"], 0) }),
		ex("F.scaled_dot_product_attention(seq, seq, seq)", func(in in1) *tensor {
			return torch.ScaledDotProductAttention(in["seq"], in["seq"], in["seq"], torch.AttentionOptions{})
		}),
		ex("F.scaled_dot_product_attention(seq, seq, seq, is_causal=True, scale=.3)", func(in in1) *tensor {
			return torch.ScaledDotProductAttention(in["seq"], in["seq"], in["seq"], torch.AttentionOptions{Causal: true, Scale: .3})
		}),
		ex("F.scaled_dot_product_attention(seq[:, :3], seq, seq, attn_mask=m)", func(in in1) *tensor {
			return torch.ScaledDotProductAttention(in["seq"].Narrow(1, 0, 3), in["seq"], in["seq"], torch.AttentionOptions{Mask: in["m"]})
		}))
}
