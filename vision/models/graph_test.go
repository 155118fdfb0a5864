package models_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// A ResNet's graph, written and read again, is the model, to the bit, on batches that it wasn't recorded with.
func TestGraphs(t *testing.T) {
	for name, c := range parity.Sorted(map[string]struct {
		make       func(int64) *models.ResNet
		operations string
	}{
		"resnet18": {models.ResNet18, "20 conv2d, 20 batch_norm, 17 relu_, 8 add_.Tensor, 1 linear"},
		"resnet50": {models.ResNet50, "53 conv2d, 53 batch_norm, 49 relu_, 16 add_.Tensor, 1 linear"},
	}) {
		t.Run(name, func(t *testing.T) {
			s := torch.NewScope()
			defer s.Close()
			torch.ManualSeed(1)
			m := c.make(5)
			defer nn.Close(m)
			nn.Eval(m)
			g, err := nn.Trace(m, s.Randn(2, 3, 64, 64))
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(g)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d operations in %d bytes", len(g.Nodes), len(text))
			var read graph.Graph
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			count := map[string]int{}
			for _, n := range read.Nodes {
				count[strings.TrimPrefix(n.Op, "aten::")]++
			}
			for _, want := range strings.Split(c.operations, ", ") {
				var n int
				number, op, _ := strings.Cut(want, " ")
				if json.Unmarshal([]byte(number), &n); count[op] != n {
					t.Errorf("%d of %s, want %d: %v", count[op], op, n, count)
				}
			}
			weights := nn.StateMap(m)
			x := s.Randn(4, 3, 64, 64)
			torch.NoGrad(func() {
				got, err := torch.Replay(&read, weights, x)
				if err != nil {
					t.Fatal(err)
				}
				if !got[0].Equal(m.Forward(x)) {
					t.Error("the replay isn't the model")
				}
			})
			delete(weights, "fc.bias")
			if _, err := torch.Replay(&read, weights, x); err == nil || !strings.Contains(err.Error(), "fc.bias is missing") {
				t.Error(err)
			}
			if _, err := torch.Replay(&read, weights, s.Ones(4, 1, 64, 64)); err == nil {
				t.Error("an input of one channel")
			}
		})
	}
}
