package onnx_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// K are an operation's arguments beside its first, a picture or row of the batch; a weights is the shape of a weight.
type (
	K       = torch.Kwargs
	weights []int64
)

// rows are calls of operations by their names: of the first argument's shape after the batch's size, and the others.
var rows = []struct {
	op    string
	shape []int64
	args  K
}{
	{"relu", []int64{7}, nil}, {"sigmoid", []int64{7}, nil}, {"silu", []int64{7}, nil}, {"mish", []int64{7}, nil}, {"hardswish", []int64{7}, nil}, {"hardsigmoid", []int64{7}, nil},
	{"asinh", []int64{7}, nil}, {"exp2", []int64{7}, nil}, {"erfc", []int64{7}, nil}, {"trunc", []int64{7}, nil}, {"frac", []int64{7}, nil}, {"hardshrink", []int64{7}, nil}, {"softshrink", []int64{7}, K{"lambd": 0.2}},
	{"threshold", []int64{7}, K{"threshold": 0.1, "value": -3}}, {"isnan", []int64{7}, nil}, {"isinf", []int64{7}, nil}, {"lerp.Scalar", []int64{4}, K{"end": weights{4}, "weight": 0.3}}, {"lerp.Tensor", []int64{4}, K{"end": weights{4}, "weight": weights{4}}},
	{"remainder.Scalar", []int64{7}, K{"other": 0.3}}, {"fmod.Scalar", []int64{7}, K{"other": 0.3}}, {"triu", []int64{4, 5}, K{"diagonal": -1}}, {"tril", []int64{4, 5}, nil}, {"mv", []int64{4}, K{"vec": weights{4}}},
	{"relu6", []int64{7}, nil}, {"tanh", []int64{7}, nil}, {"erf", []int64{7}, nil}, {"gelu", []int64{7}, nil}, {"gelu", []int64{7}, K{"approximate": "tanh"}}, {"selu", []int64{7}, nil},
	{"celu", []int64{7}, K{"alpha": 1.5}}, {"elu", []int64{7}, K{"alpha": 0.7}}, {"leaky_relu", []int64{7}, K{"negative_slope": 0.2}}, {"softplus", []int64{7}, K{"beta": 2}},
	{"log_sigmoid", []int64{7}, nil}, {"hardtanh", []int64{7}, K{"min_val": -0.3, "max_val": 0.4}}, {"clamp", []int64{7}, K{"min": -0.5}}, {"clamp", []int64{7}, K{"max": 0.5}}, {"clamp_min", []int64{7}, K{"min": 0.1}},
	{"abs", []int64{7}, nil}, {"neg", []int64{7}, nil}, {"exp", []int64{7}, nil}, {"floor", []int64{7}, nil}, {"ceil", []int64{7}, nil}, {"round", []int64{7}, nil}, {"square", []int64{7}, nil}, {"expm1", []int64{7}, nil},
	{"prelu", []int64{3, 4, 4}, K{"weight": weights{3}}}, {"prelu", []int64{3, 4, 4}, K{"weight": weights{1}}}, {"glu", []int64{6, 4}, K{"dim": 1}},
	{"softmax.int", []int64{3, 4}, K{"dim": 1}}, {"log_softmax.int", []int64{5}, K{"dim": -1}},
	{"add.Tensor", []int64{3, 4}, K{"other": weights{3, 1}, "alpha": 2}}, {"add.Scalar", []int64{3}, K{"other": 1.5, "alpha": 2}}, {"sub.Tensor", []int64{3, 4}, K{"other": weights{4}, "alpha": 0.5}},
	{"rsub.Scalar", []int64{3}, K{"other": 1}}, {"mul.Tensor", []int64{3, 4}, K{"other": weights{4}}}, {"div.Scalar", []int64{3}, K{"other": 3}}, {"div.Tensor_mode", []int64{4}, K{"other": weights{4}, "rounding_mode": "floor"}},
	{"div.Tensor_mode", []int64{4}, K{"other": weights{4}, "rounding_mode": "trunc"}}, {"pow.Tensor_Scalar", []int64{4}, K{"exponent": 2}}, {"addcmul", []int64{4}, K{"tensor1": weights{4}, "tensor2": weights{4}, "value": 0.3}},
	{"maximum", []int64{4}, K{"other": weights{4}}}, {"minimum", []int64{4}, K{"other": weights{4}}}, {"gt.Scalar", []int64{4}, K{"other": 0.1}}, {"ne.Scalar", []int64{4}, K{"other": 0}}, {"le.Tensor", []int64{4}, K{"other": weights{4}}},
	{"matmul", []int64{3, 4}, K{"other": weights{4, 2}}}, {"linear", []int64{4}, K{"weight": weights{3, 4}, "bias": weights{3}}}, {"linear", []int64{2, 4}, K{"weight": weights{3, 4}, "bias": weights{3}}},
	{"linear", []int64{4}, K{"weight": weights{3, 4}}}, {"linear", []int64{2, 2, 4}, K{"weight": weights{3, 4}}},
	{"conv1d", []int64{3, 9}, K{"weight": weights{4, 3, 3}, "stride": 2, "padding": 0}}, {"conv2d", []int64{4, 9, 8}, K{"weight": weights{6, 2, 3, 2}, "bias": weights{6}, "stride": []int64{2, 1}, "padding": []int64{1, 2}, "dilation": []int64{1, 2}, "groups": 2}},
	{"conv2d.padding", []int64{3, 8, 8}, K{"weight": weights{2, 3, 4, 3}, "padding": "same"}}, {"conv2d.padding", []int64{3, 8, 8}, K{"weight": weights{2, 3, 4, 3}, "padding": "valid", "stride": 2}},
	{"conv3d", []int64{2, 5, 5, 5}, K{"weight": weights{3, 2, 3, 3, 3}, "padding": 1}},
	{"conv_transpose2d.input", []int64{4, 5, 5}, K{"weight": weights{4, 3, 3, 3}, "bias": weights{6}, "stride": 2, "padding": 1, "output_padding": 1, "groups": 2}},
	{"instance_norm", []int64{3, 5, 5}, K{"weight": weights{3}, "bias": weights{3}, "running_mean": nil, "running_var": nil, "use_input_stats": true, "momentum": 0.1, "eps": 1e-5, "cudnn_enabled": false}},
	{"layer_norm", []int64{3, 5}, K{"normalized_shape": []int64{5}, "weight": weights{5}, "bias": weights{5}}}, {"layer_norm", []int64{3, 5}, K{"normalized_shape": []int64{3, 5}}},
	{"group_norm", []int64{6, 5, 4}, K{"num_groups": 3, "weight": weights{6}, "bias": weights{6}}}, {"group_norm", []int64{6, 5}, K{"num_groups": 2}}, {"rms_norm", []int64{3, 5}, K{"normalized_shape": []int64{5}, "weight": weights{5}}},
	{"max_pool2d", []int64{3, 9, 8}, K{"kernel_size": 3, "stride": 2, "padding": 1}}, {"max_pool2d", []int64{3, 9, 8}, K{"kernel_size": 2, "ceil_mode": true}}, {"max_pool2d", []int64{3, 10, 9}, K{"kernel_size": 3, "stride": 2, "ceil_mode": true, "dilation": 2}},
	{"max_pool1d", []int64{3, 9}, K{"kernel_size": 3}}, {"avg_pool2d", []int64{3, 9, 8}, K{"kernel_size": 3, "stride": 2, "padding": 1}}, {"avg_pool2d", []int64{3, 9, 8}, K{"kernel_size": 3, "padding": 1, "count_include_pad": false}},
	{"avg_pool2d", []int64{3, 9, 8}, K{"kernel_size": 2, "ceil_mode": true}}, {"avg_pool1d", []int64{3, 9}, K{"kernel_size": 2}},
	{"adaptive_avg_pool2d", []int64{3, 9, 8}, K{"output_size": 1}}, {"adaptive_avg_pool2d", []int64{3, 9, 8}, K{"output_size": []int64{3, 4}}}, {"adaptive_avg_pool2d", []int64{3, 9, 8}, K{"output_size": []int64{4, 7}}}, {"adaptive_avg_pool2d", []int64{3, 3, 2}, K{"output_size": 7}},
	{"adaptive_avg_pool1d", []int64{3, 9}, K{"output_size": 2}}, {"adaptive_max_pool2d", []int64{3, 9, 8}, K{"output_size": 1}}, {"adaptive_max_pool2d", []int64{3, 9, 8}, K{"output_size": []int64{4, 3}}},
	{"upsample_nearest2d.vec", []int64{3, 4, 5}, K{"scale_factors": nil, "output_size": []int64{8, 10}}}, {"upsample_nearest2d.vec", []int64{3, 4, 5}, K{"output_size": nil, "scale_factors": []float64{2, 2}}}, {"upsample_nearest2d.vec", []int64{3, 4, 5}, K{"scale_factors": nil, "output_size": []int64{7, 6}}},
	{"upsample_bilinear2d.vec", []int64{3, 4, 5}, K{"scale_factors": nil, "output_size": []int64{7, 9}, "align_corners": false}}, {"upsample_bilinear2d.vec", []int64{3, 4, 5}, K{"scale_factors": nil, "output_size": []int64{7, 9}, "align_corners": true}}, {"upsample_nearest2d", []int64{3, 4, 5}, K{"output_size": []int64{8, 10}}}, {"upsample_bilinear2d", []int64{3, 4, 5}, K{"output_size": []int64{7, 9}, "align_corners": false}}, {"upsample_bilinear2d.vec", []int64{3, 4, 5}, K{"output_size": nil, "align_corners": false, "scale_factors": []float64{1.7, 2}}},
	{"upsample_bicubic2d.vec", []int64{3, 4, 5}, K{"scale_factors": nil, "output_size": []int64{8, 10}, "align_corners": false}},
	{"_upsample_nearest_exact2d.vec", []int64{3, 4, 5}, K{"scale_factors": nil, "output_size": []int64{7, 3}}}, {"_upsample_nearest_exact1d.vec", []int64{3, 5}, K{"output_size": nil, "scale_factors": []float64{1.5}}},
	{"_upsample_bilinear2d_aa.vec", []int64{3, 14, 9}, K{"scale_factors": nil, "output_size": []int64{5, 11}, "align_corners": false}}, {"_upsample_bilinear2d_aa.vec", []int64{3, 14, 9}, K{"scale_factors": nil, "output_size": []int64{5, 2}, "align_corners": true}}, {"_upsample_bilinear2d_aa", []int64{3, 14, 9}, K{"output_size": []int64{4, 3}, "align_corners": false}},
	{"_upsample_bicubic2d_aa.vec", []int64{3, 14, 9}, K{"scale_factors": nil, "output_size": []int64{5, 11}, "align_corners": false}}, {"_upsample_bicubic2d_aa.vec", []int64{3, 14, 9}, K{"output_size": nil, "align_corners": false, "scale_factors": []float64{0.4, 0.7}}},
	{"pixel_shuffle", []int64{8, 3, 2}, K{"upscale_factor": 2}}, {"pixel_unshuffle", []int64{2, 4, 6}, K{"downscale_factor": 2}}, {"channel_shuffle", []int64{6, 4, 4}, K{"groups": 2}},
	{"flatten.using_ints", []int64{3, 4}, K{"start_dim": 1}}, {"flatten.using_ints", []int64{3, 4}, nil}, {"flatten.using_ints", []int64{3, 4}, K{"start_dim": 0, "end_dim": 1}}, {"unsqueeze", []int64{3}, K{"dim": 0}}, {"squeeze.dim", []int64{1, 3}, K{"dim": 1}},
	{"permute", []int64{3, 4}, K{"dims": []int64{0, 2, -2}}}, {"transpose.int", []int64{3, 4}, K{"dim0": 0, "dim1": -1}}, {"t", []int64{3}, nil}, {"movedim.intlist", []int64{3, 4, 5}, K{"source": []int64{1}, "destination": []int64{-1}}},
	{"repeat", []int64{3}, K{"repeats": []int64{2, 1, 2}}}, {"select.int", []int64{3, 4}, K{"dim": 1, "index": -1}}, {"slice.Tensor", []int64{3, 8}, K{"dim": -1, "start": 1, "end": -1, "step": 2}}, {"narrow", []int64{3, 8}, K{"dim": 2, "start": 3, "length": 4}},
	{"flip", []int64{3, 4}, K{"dims": []int64{1, 2}}}, {"roll", []int64{4, 5}, K{"shifts": []int64{1, -2}, "dims": []int64{1, 2}}}, {"chunk", []int64{7, 4}, K{"chunks": 3, "dim": 1}}, {"split.Tensor", []int64{7, 4}, K{"split_size": 3, "dim": 1}},
	{"unbind.int", []int64{2, 4}, K{"dim": 1}}, {"pad", []int64{3, 4}, K{"pad": []int64{1, 2, 0, 3}, "value": 0.5}}, {"pad", []int64{3, 4, 5}, K{"pad": []int64{1, 2, 0, 1}, "mode": "reflect"}}, {"pad", []int64{3, 4, 5}, K{"pad": []int64{2, 5, 0, 1}, "mode": "circular"}}, {"pad", []int64{3, 4}, K{"pad": []int64{0, 0}, "mode": "circular"}}, {"constant_pad_nd", []int64{3, 4}, K{"pad": []int64{-1, 2}}},
	{"replication_pad2d", []int64{3, 4, 5}, K{"padding": []int64{1, 2, 0, 3}}}, {"mean", []int64{3, 4}, nil}, {"mean.dim", []int64{3, 4}, K{"dim": []int64{-1}, "keepdim": true}}, {"sum.dim_IntList", []int64{3, 4}, K{"dim": []int64{1, 2}}}, {"amax", []int64{3, 4}, K{"dim": []int64{1}}},
	{"max.dim", []int64{3, 4}, K{"dim": 1}}, {"argmax", []int64{3, 4}, K{"dim": -1, "keepdim": true}}, {"var.correction", []int64{3, 4}, K{"dim": []int64{1, 2}, "keepdim": true}}, {"std.correction", []int64{3, 4}, K{"dim": []int64{2}, "correction": 0}}, {"linalg_vector_norm", []int64{3, 4}, K{"dim": []int64{1}}},
	{"cumsum", []int64{4}, K{"dim": 1}}, {"topk", []int64{9}, K{"k": 3}}, {"to.dtype", []int64{3}, K{"dtype": torch.Float64}}, {"clone", []int64{3}, nil}, {"zeros_like", []int64{3}, nil}, {"full_like", []int64{3}, K{"fill_value": 2.5}},
	{"scaled_dot_product_attention", []int64{2, 5, 4}, K{"key": weights{2, 2, 6, 4}, "value": weights{2, 2, 6, 3}}}, {"baddbmm", []int64{3, 4}, K{"batch1": weights{1, 3, 2}, "batch2": weights{1, 2, 4}, "beta": 0.5}},
}

// A call of each converter's operation is in ONNX Runtime what it is in libtorch, for batches other than the recorded ones.
func TestOperations(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	torch.ManualSeed(1)
	dir := t.TempDir()
	var jobs []job
	for i, row := range rows {
		name := fmt.Sprintf("%03d %s", i, row.op)
		batchOf := row.op == "scaled_dot_product_attention" || row.op == "baddbmm" // whose weights have the batch's size
		held := map[string]*torch.Tensor{}
		args := K{}
		for key, v := range row.args {
			if shape, ok := v.(weights); ok {
				held[key] = s.Randn(shape...)
				v = held[key]
			}
			args[key] = v
		}
		pass := func(x *torch.Tensor) (out []*torch.Tensor) {
			for _, v := range torch.Call("aten::"+row.op, x, args) {
				switch v := v.(type) {
				case *torch.Tensor:
					out = append(out, v)
				case []*torch.Tensor:
					out = append(out, v...)
				}
			}
			if strings.Contains(row.op, "adaptive_max") {
				out = out[:1] // the indices have no counterpart
			}
			return out
		}
		t.Run(name, func(t *testing.T) {
			if batchOf {
				fixedBatch(t, s, &jobs, dir, name, held, row.shape, pass)
				return
			}
			g := record(t, s, held, row.shape, pass)
			x := s.Randn(append([]int64{5}, row.shape...)...)
			var want []*torch.Tensor
			torch.NoGrad(func() { want = pass(x) })
			jobs = append(jobs, newJob(t, dir, name, g, dict(t, held), []*torch.Tensor{x}, want))
		})
	}
	for _, r := range runAll(t, jobs) {
		if r.Opset < 17 {
			t.Errorf("opset %d", r.Opset)
		}
	}
}

func fixedBatch(t *testing.T, s *torch.Scope, jobs *[]job, dir, name string, held map[string]*torch.Tensor, shape []int64, pass func(*torch.Tensor) []*torch.Tensor) {
	t.Helper()
	n := int64(1)
	for _, w := range held {
		n = w.Size(0)
	}
	x := s.Randn(append([]int64{n}, shape...)...)
	var want []*torch.Tensor
	g, err := torch.Record(held, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor { want = pass(x); return want })
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	*jobs = append(*jobs, newJob(t, dir, name, g, dict(t, held), []*torch.Tensor{x}, want))
}

// record is the graph of a pass, for any batch.
func record(t *testing.T, s *torch.Scope, held map[string]*torch.Tensor, shape []int64, pass func(*torch.Tensor) []*torch.Tensor) *graph.Graph {
	t.Helper()
	var graphs []*graph.Graph
	for _, n := range []int64{1, 3} {
		x := s.Randn(append([]int64{n}, shape...)...)
		g, err := torch.Record(held, []*torch.Tensor{x}, func(*torch.Recording) []*torch.Tensor { return pass(x) })
		if err != nil {
			t.Fatalf("%v", err)
		}
		graphs = append(graphs, g)
	}
	g, err := graph.AnyBatch(graphs[0], graphs[1], 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func dict(t *testing.T, held map[string]*torch.Tensor) *pth.Dict {
	t.Helper()
	state := pth.NewOrderedDict()
	for key, w := range held {
		p, err := torch.ToPTH(w)
		if err != nil {
			t.Fatal(err)
		}
		state.Set(key, p)
	}
	return state
}
