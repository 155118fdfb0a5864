package nn_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

type passes struct{ nn.Base }

func (*passes) Forward(x *torch.Tensor) *torch.Tensor { return x }

func lin() *nn.Linear { return nn.NewLinear(1, 1, nn.NoBias()) }

func ones() *torch.Tensor { return (*torch.Scope)(nil).Ones(1) }

type pair struct{ A, B *nn.Linear }

type wrapped struct{ *nn.BatchNorm }

// keysOf are the keys of m's state_dict.
func keysOf(m nn.Module) string {
	var keys []string
	for _, n := range nn.StateDict(m) {
		keys = append(keys, n.Name)
	}
	return strings.Join(keys, " ")
}

// Every kind of field registers what it holds, under its name.
func TestFieldsRegister(t *testing.T) {
	type names struct {
		passes
		Conv1, BatchNorm2, FC, HTTPHead, Conv2D, Conv2dBN *nn.Linear
	}
	type tagged struct {
		passes
		Scale *torch.Tensor
		Seen  *torch.Tensor `nn:",buffer"`
		Mean  *torch.Tensor `nn:"running_mean,buffer"`
		Cache *torch.Tensor `nn:"-"`
		Other *nn.Linear    `nn:"last"`
		small *nn.Linear    `nn:"small"`
		None  *nn.Linear
	}
	type many struct {
		passes
		List  []*nn.Linear
		Named map[string]nn.Module
		Any   any
		Value nn.Dropout
		Pair  pair
		Deep  [][]nn.Module
	}
	type embeds struct {
		passes
		pair
	}
	byHand := &struct {
		passes
		First, Second *nn.Linear
	}{First: lin(), Second: lin()}
	byHand.Register("second", byHand.Second)
	for _, c := range []struct {
		name string
		m    nn.Module
		want string
	}{
		{"snake case", &names{Conv1: lin(), BatchNorm2: lin(), FC: lin(), HTTPHead: lin(), Conv2D: lin(), Conv2dBN: lin()},
			"conv1.weight batch_norm2.weight fc.weight http_head.weight conv2d.weight conv2d_bn.weight"},
		{"tags", &tagged{Scale: ones(), Seen: ones(), Mean: ones(), Cache: ones(), Other: lin(), small: lin()}, "scale seen running_mean last.weight small.weight"},
		{"containers", &many{List: []*nn.Linear{lin(), nil, lin()}, Named: map[string]nn.Module{"b": lin(), "a": lin()}, Any: lin(), Pair: pair{A: lin()}, Deep: [][]nn.Module{{lin()}}},
			"list.0.weight list.2.weight named.a.weight named.b.weight any.weight pair.a.weight deep.0.0.weight"},
		{"embedded struct", &embeds{pair: pair{lin(), lin()}}, "a.weight b.weight"},
		{"embedded module", wrapped{nn.NewBatchNorm(1)}, "weight bias running_mean running_var num_batches_tracked"},
		{"by hand first", byHand, "second.weight first.weight"},
		{"zero value", &many{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer nn.Close(c.m)
			if err := nn.Check(c.m); err != nil {
				t.Fatal(err)
			}
			if got := keysOf(c.m); got != c.want {
				t.Errorf("keys %s\nwant %s", got, c.want)
			}
			for _, p := range nn.Parameters(c.m) {
				if !p.RequiresGrad() || p.Scope() != nil {
					t.Error("a parameter isn't trained, or lives in a scope")
				}
				p.RequiresGrad_(false)
			}
			for _, p := range nn.Parameters(c.m) {
				if p.RequiresGrad() {
					t.Error("a frozen parameter is trained again")
				}
			}
		})
	}
}

// What a field hides, and what can't be registered, is an error that names it, wherever a module enters.
func TestUnregisteredIsAnError(t *testing.T) {
	type hides struct {
		passes
		fc    any
		parts []any
		pair  *pair
		scale *torch.Tensor
	}
	type loop struct {
		passes
		Next nn.Module
	}
	type integers struct {
		passes
		N *torch.Tensor
	}
	circle := &loop{}
	circle.Next = nn.NewSequential(circle)
	twice := &struct {
		passes
		FC *nn.Linear
	}{FC: lin()}
	twice.Register("fc", lin())
	type badTag struct {
		passes
		FC *nn.Linear `nn:"a.b"`
	}
	type byKey struct {
		passes
		Heads map[string]nn.Module
	}
	type computed struct {
		passes
		W *torch.Tensor
	}
	for _, c := range []struct {
		name string
		m    nn.Module
		want string
	}{
		{"interface", &hides{fc: lin()}, "its field fc holds a *nn.Linear"},
		{"slice", &hides{parts: []any{1, lin()}}, "its field parts[1] holds"},
		{"map", &hides{fc: map[string]any{"x": lin()}}, `its field fc["x"] holds`},
		{"struct", &hides{pair: &pair{B: lin()}}, "its field pair.B holds"},
		{"tensor", &hides{scale: ones()}, "its field scale holds a *torch.Tensor"},
		{"below", nn.NewSequential(&hides{fc: lin()}), "the module 0 (*nn_test.hides"},
		{"cycle", circle, "contains itself"},
		{"integers", &integers{N: (*torch.Scope)(nil).With(torch.Int64).Zeros(1)}, "can't be a parameter"},
		{"two of a name", twice, "registered as fc"},
		{"tag", &badTag{FC: lin()}, "a.b"},
		{"a key with a dot", &byKey{Heads: map[string]nn.Module{"a.b": lin()}}, `got "a.b"`},
		{"computed", &computed{W: ones().RequiresGrad_(true).MulScalar(2)}, "only a leaf can be trained"},
		{"nil", nil, "nil"},
		{"embeds nil", wrapped{}, "nil"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, describeErr := nn.Describe(c.m, nil)
			_, pthErr := nn.ToPTH(c.m)
			for name, err := range parity.Sorted(map[string]error{
				"Check": nn.Check(c.m), "Describe": describeErr, "ToPTH": pthErr, "LoadStateDict": nn.LoadStateDict(c.m, nil),
				"Parameters": torch.Try(func() { nn.Parameters(c.m) }), "Children": torch.Try(func() { nn.Children(c.m) }),
			}) {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %q", name, err, c.want)
				}
			}
			nn.Close(c.m)
		})
	}
}

// A type that embeds a norm is one; options are torch.nn's.
func TestNorms(t *testing.T) {
	m := nn.NewSequential(wrapped{nn.NewBatchNorm(2)}, nn.NewBatchNorm(2), lin())
	defer nn.Close(m)
	if norms, _ := nn.NormBiasParameters(m); len(norms) != 4 {
		t.Errorf("%d parameters of norms, want 4", len(norms))
	}
	s := torch.NewScope()
	defer s.Close()
	x := torch.FromSlice(s, []float32{0, 2, 4, 6}, 4, 1)
	bn := nn.NewBatchNorm(1, nn.Eps(5), nn.CumulativeAverage(), nn.NoAffine())
	defer nn.Close(bn)
	if got, want := torch.ToSlice[float32](bn.Forward(x))[3], float32(3/math.Sqrt(10)); math.Abs(float64(got-want)) > 1e-6 {
		t.Errorf("eps: %v, want %v", got, want)
	}
	bn.Forward(x.AddScalar(3))
	if got := torch.ToSlice[float32](bn.RunningMean)[0]; math.Abs(float64(got-4.5)) > 1e-6 {
		t.Errorf("the average of means 3 and 6 is %v", got)
	}
	spec, err := nn.Describe(bn, nil)
	if err != nil || spec.Args["eps"] != 5.0 || spec.Args["momentum"] != nil || spec.Args["affine"] != false {
		t.Errorf("%v %v", spec, err)
	}
}
