package plan

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// rules are what becomes of a recorded operation. A rule returns false where it doesn't fit, and the operation then runs as it is.
var rules = map[string]func(b *builder, n *node) bool{
	"aten::conv2d":     begin(conv),
	"aten::linear":     begin(linear),
	"aten::batch_norm": foldNorm,
	"aten::add.Tensor": with("add", "other"),
	"aten::mul.Tensor": either(scale("other"), with("mul", "other")),

	"aten::relu":        then("relu"),
	"aten::sigmoid":     then("sigmoid"),
	"aten::tanh":        then("tanh"),
	"aten::silu":        then("swish"),
	"aten::hardswish":   then("hardswish"),
	"aten::hardsigmoid": then("hardsigmoid"),
	"aten::gelu":        then("gelu"),
	"aten::leaky_relu":  then("leaky_relu", "negative_slope"),
	"aten::hardtanh":    then("hardtanh", "min_val", "max_val"),
	"aten::relu6":       relu6,

	"aten::view": reshape,
}

// isFresh are recorded operations whose result is new memory; those that fit a rule are but one.
var isFresh = func() map[string]bool {
	all := map[string]bool{"aten::max_pool2d": true, "aten::avg_pool2d": true, "aten::adaptive_avg_pool2d": true, "aten::layer_norm": true, "aten::sub.Tensor": true, "aten::cat": true,
		"aten::matmul": true, "aten::softmax.int": true}
	for name := range rules {
		all[name] = true
	}
	delete(all, "aten::view")
	return all
}()

// isView are operations that return memory of their argument, maybe.
var isView = map[string]bool{"aten::view": true, "aten::reshape": true, "aten::permute": true, "aten::transpose.int": true, "aten::flatten.using_ints": true}

// either applies the first of two rules that fits.
func either(first, second func(b *builder, n *node) bool) func(b *builder, n *node) bool {
	return func(b *builder, n *node) bool { return first(b, n) || second(b, n) }
}

// foldNorm folds a batch norm with fixed statistics into the layer before it: the norm multiplies each channel, and adds to it.
func foldNorm(b *builder, n *node) bool {
	before := b.alone(n.Args["input"])
	if before == nil || before.layer.binary != "" || before.layer.unary.name != "" || n.Args["training"] == true {
		return false
	}
	l := before.layer
	if l.kind == linear && len(b.values[n.Results[0]].Shape) != 2 { // channels are the second dimension, and not the last
		return false
	}
	eps, ok := n.Args["eps"].(float64)
	given := func(name string) (t *torch.Tensor) {
		t = b.tensor(n.Args[name])
		ok = ok && (t != nil || n.Args[name] == nil)
		return t
	}
	mean, variance, weight, bias := given("running_mean"), given("running_var"), given("weight"), given("bias")
	if !ok || mean == nil || variance == nil {
		return false
	}
	s := b.own.Child()
	defer s.Close()
	in := func(t *torch.Tensor) *torch.Tensor { return t.In(s).To(torch.Float64) }
	scale := in(variance).AddScalar(eps).PowScalar(-0.5)
	if weight != nil {
		scale = scale.Mul(in(weight))
	}
	shift := in(mean).Neg()
	if l.bias != nil {
		shift = shift.Add(in(l.bias))
	}
	shift = shift.Mul(scale)
	if bias != nil {
		shift = shift.Add(in(bias))
	}
	ones := slices.Repeat([]int64{1}, l.weight.Dim()-1)
	l.weight = l.weight.Mul(scale.To(torch.Float32).View(append([]int64{-1}, ones...)...)).MoveTo(b.own)
	l.bias = shift.To(torch.Float32).MoveTo(b.own)
	l.result = n.Results[0]
	b.rename(before, n)
	return true
}

// then has a layer apply an activation, whose numbers are arguments by their names.
func then(name string, scalars ...string) func(b *builder, n *node) bool {
	return func(b *builder, n *node) bool {
		a := activation{name: name}
		for _, s := range scalars {
			switch v := n.Args[s].(type) {
			case graph.Int:
				a.scalars = append(a.scalars, float64(v.Const))
			case float64:
				a.scalars = append(a.scalars, v)
			default:
				return false
			}
		}
		a.algorithm, _ = n.Args["approximate"].(string)
		return b.activate(n, a)
	}
}

func relu6(b *builder, n *node) bool {
	return b.activate(n, activation{name: "hardtanh", scalars: []any{0.0, 6.0}})
}

func (b *builder) activate(n *node, a activation) bool {
	before := b.alone(n.Args["self"])
	if before == nil || before.layer.unary.name != "" {
		return false
	}
	if before.layer.binary != "" && (before.layer.kind != conv || a.name != "relu") { // the only one that oneDNN's operation takes after another
		return false
	}
	before.layer.unary, before.layer.absorbed = a, append(before.layer.absorbed, n.Node)
	b.rename(before, n)
	return true
}

// reshape has a view of memory that now may lie channels-last copy it where it must.
func reshape(b *builder, n *node) bool {
	n.Op, n.Args = "aten::reshape", map[string]any{"self": n.Args["self"], "shape": n.Args["size"]}
	b.add(n)
	return true
}
