package graph

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Whole numbers of the batch are what they print, and never wrap around.
func TestInt(t *testing.T) {
	for text, want := range parity.Sorted(map[string]Int{"0": {}, "-7": {0, -7}, "N": {1, 0}, "-N": {-1, 0}, "2N+1": {2, 1}, "N-3": {1, -3}, "-2N": {-2, 0}}) {
		i, err := ParseInt(text)
		if err != nil || i != want || i.String() != text {
			t.Errorf("%s is %v, %v", text, i, err)
		}
		if at, err := i.At(5); err != nil || at != want.Batch*5+want.Const {
			t.Errorf("%s at 5 is %d, %v", text, at, err)
		}
	}
	for _, text := range []string{"", "1N", "N+0", "+3", "2n", "N N", "0x3", "1.0", "2N++1", "-1N", "99999999999999999999", "0N"} {
		if i, err := ParseInt(text); err == nil {
			t.Errorf("%q is %v", text, i)
		}
	}
	for _, i := range []Int{{math.MaxInt64, 0}, {1, math.MaxInt64}, {-1, math.MinInt64 + 1}, {math.MinInt64, 0}} {
		if at, err := i.At(2); err == nil {
			t.Errorf("%v at 2 is %d", i, at)
		}
	}
}

// every has an argument of each type.
func every() *Graph {
	args := map[string]any{
		"none": nil, "ref": Ref(0), "refs": []Ref{0, None}, "int": Int{2, 1}, "ints": []Int{{0, -1}, {1, 0}}, "noints": []Int{}, "float": 0.1, "infinite": math.Inf(-1),
		"floats": []float64{1, math.Inf(1)}, "bool": true, "bools": []bool{true, false}, "string": "N", "strings": []string{"a", ""}, "complex": complex(1, math.Inf(1)),
		"dtype": DType("float32"), "device": Device("cuda:0"), "format": Format("channels_last"),
	}
	return &Graph{Inputs: []Ref{0}, Weights: map[string]Ref{"w": 1}, Values: []Value{{DType: "float32", Shape: []Int{{1, 0}, {0, 3}}, Range: &Range{-1, 2.5}}, {DType: "int64", Shape: []Int{}}, {DType: "bool", Shape: []Int{{3, -1}}}},
		Nodes: []Node{{"aten::x.y", "a.b", args, []Ref{2, None}, Int{7, 0}, true}}, Outputs: []Ref{2}}
}

// A graph is what was written, and whatever is changed in its text is an error or another graph, never a panic.
func TestJSON(t *testing.T) {
	g := every()
	text, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var read Graph
	if err := json.Unmarshal(text, &read); err != nil || !reflect.DeepEqual(&read, g) {
		t.Errorf("%v\n%v\n%v", err, &read, g)
	}
	g.Nodes[0].Args["float"] = math.NaN()
	if text, err := json.Marshal(g); err != nil || !strings.Contains(string(text), `"float":"NaN"`) {
		t.Errorf("%v %s", err, text)
	}
	for i := range text {
		for _, c := range []byte(`0-"{N`) {
			damaged := append([]byte(nil), text...)
			damaged[i] = c
			var other Graph
			if err := json.Unmarshal(damaged, &other); err == nil {
				_ = other.String()
			}
		}
	}
}

// A graph in which a value is used before it is made, or made twice, or that has a type that isn't known, is refused by name.
func TestCheck(t *testing.T) {
	for want, change := range parity.Sorted(map[string]func(g *Graph){
		"the outputs: the value 3 is used":                             func(g *Graph) { g.Outputs = []Ref{3} },
		"it has no outputs":                                            func(g *Graph) { g.Outputs = nil },
		"the inputs: the value -1 doesn't exist":                       func(g *Graph) { g.Inputs = []Ref{None} },
		"the weight w: the value 0 doesn't exist, or is made twice":    func(g *Graph) { g.Weights["w"] = 0 },
		"operation 0, aten::x.y: the value 1 doesn't exist, or is mad": func(g *Graph) { g.Nodes[0].Results[0] = 1 },
		"argument ref: the value 2 is used before":                     func(g *Graph) { g.Nodes[0].Args["ref"] = Ref(2) },
		"argument refs: the value 9 is used before":                    func(g *Graph) { g.Nodes[0].Args["refs"] = []Ref{9} },
		"an argument is a int":                                         func(g *Graph) { g.Nodes[0].Args["ref"] = 3 },
	}) {
		g := every()
		change(g)
		if _, err := json.Marshal(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	for text, want := range parity.Sorted(map[string]string{
		`{"version":2}`: "its version is 2", `[]`: "graph: ",
		`{"version":1,"nodes":[{"args":{"a":{"tensor":1}}}]}`:        `of the type "tensor"`,
		`{"version":1,"nodes":[{"args":{"a":{"int":1,"float":2}}}]}`: "an argument of 2 types",
	}) {
		if err := new(Graph).UnmarshalJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
