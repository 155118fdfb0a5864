package plan

import (
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// FloatOption leaves layers in float32 that would compute in less, where rounding costs most.
type FloatOption struct{ first, last bool }

// FloatFirst leaves the first layer in float32, which sees the picture itself. Layers are convolutions and linear layers; for [Int8] without those behind the pooling, which are always in float32.
func FloatFirst() FloatOption { return FloatOption{first: true} }

// FloatLast leaves the last layer in float32, whose rounding nothing after it evens out.
func FloatLast() FloatOption { return FloatOption{last: true} }

func (o FloatOption) calibrate(c *calibration) { c.float = append(c.float, o) }

// String is what it leaves: "FloatFirst".
func (o FloatOption) String() string {
	switch {
	case o.first:
		return "FloatFirst"
	case o.last:
		return "FloatLast"
	}
	return ""
}

// LeaveFloat notes in a graph which layers a plan in [BFloat16] leaves in float32: those of opts, and no others. [Calibrate] does so for [Int8].
func LeaveFloat(g *graph.Graph, opts ...FloatOption) error {
	if err := guard.Given("plan.LeaveFloat", g); err != nil {
		return err
	}
	markFloat(g, func(n *graph.Node) bool { return n.Op == layers[conv].plain || n.Op == layers[linear].plain }, opts)
	return nil
}

// markFloat marks the first and the last of the layers, as opts say.
func markFloat(g *graph.Graph, isLayer func(*graph.Node) bool, opts []FloatOption) {
	var all []*graph.Node
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.Float = false; isLayer(n) {
			all = append(all, n)
		}
	}
	for _, o := range opts {
		if len(all) > 0 {
			all[0].Float = all[0].Float || o.first
			all[len(all)-1].Float = all[len(all)-1].Float || o.last
		}
	}
}
