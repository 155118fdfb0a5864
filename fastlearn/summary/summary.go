// Package summary tells what a model is made of: its layers, shapes, parameters and multiply-adds.
package summary

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/preserve"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Summary is what a model is made of, as seen while one item goes through it.
// It prints itself as a table.
type Summary struct {
	Model  string  // the model's type
	Input  []int64 // the shape of what went in: 1×C×H×W for pictures
	Layers []Layer // in the order of the state_dict

	Params    int64 // parameters; one shared by several layers counts once
	Trainable int64 // those that have gradients; the others are frozen
	MACs      int64 // multiply-adds for the item

	ChannelsLast bool // whether the weights of convolutions are laid out so

	// Of [fastlearn.Learner.Summary] alone.
	Loss, Optimizer string
	Callbacks       []string
	Frozen          int // parameter groups that are frozen; -1 before there is an optimizer
}

// Layer is a module without children, or one with parameters or multiply-adds of its
// own beside its children's.
type Layer struct {
	Name      string  // as in the state_dict: "0.4.0.conv1"
	Type      string  // "Conv2d"
	Output    []int64 // the shape of what came out last; nil where it wasn't seen, see [nn.OnForward]
	Params    int64   // its own parameters, without those that a layer above has already
	Trainable int64   // those that have gradients
	MACs      int64   // multiply-adds of all its runs, as PyTorch's flop_counter counts them (flops = 2·MACs)
	Runs      int     // how often it was seen running: a block may run one ReLU twice
}

// Of is [fastlearn.Learner.Summary] for any model and its inputs: the first item of
// each, N×…, on the model's device, is run through it (fastai's Module.summary). The random
// numbers that a model draws in evaluation mode are the caller's to put back.
func Of(m nn.Module, xs ...*torch.Tensor) (*Summary, error) {
	if m == nil || len(xs) == 0 || slices.Contains(xs, nil) {
		return nil, errors.New("summary: it needs a model and an input, one is nil")
	}
	s := newSummarizer(m)
	defer s.unhook()
	defer preserve.Modes(m)()
	var err error
	failure := torch.Try(func() {
		torch.NoGrad(func() {
			defer preserve.Buffers(m)()
			err = s.run(m, xs)
		})
	})
	if err := cmp.Or(err, failure); err != nil {
		return nil, fmt.Errorf("summary: the model can't run an item of its input: %w", err)
	}
	return s.finish(m), nil
}

// summarizer fills a summary while the model runs.
type summarizer struct {
	out     *Summary
	rows    []*Layer
	owner   map[*torch.Tensor]*Layer // of parameters
	unhooks []func()
}

// newSummarizer makes a row for each module of m and hooks it.
func newSummarizer(m nn.Module) *summarizer {
	s := &summarizer{out: &Summary{Model: scale.TypeName(m)}, owner: map[*torch.Tensor]*Layer{}}
	seen := map[nn.Module]bool{}
	nn.Walk(m, func(name string, m nn.Module) {
		if seen[m] { // it is registered under two names
			return
		}
		seen[m] = true
		row := &Layer{Name: name, Type: scale.TypeName(m)}
		s.rows = append(s.rows, row)
		for _, p := range nn.Own(m) {
			if s.owner[p.Tensor] == nil {
				s.owner[p.Tensor] = row
				s.count(row, p.Tensor)
			}
		}
		s.unhooks = append(s.unhooks, nn.OnForward(m,
			nil, func(_, y *torch.Tensor) { s.ran(row, y) }))
	})
	return s
}

func (s *summarizer) count(row *Layer, p *torch.Tensor) {
	n := p.Numel()
	row.Params += n
	s.out.Params += n
	s.out.ChannelsLast = s.out.ChannelsLast || p.Dim() == 4 && p.Size(2)*p.Size(3) > 1 && p.Strides()[1] == 1
	if p.RequiresGrad() {
		row.Trainable += n
		s.out.Trainable += n
	}
}

// ran notes the end of a forward pass.
func (s *summarizer) ran(row *Layer, y *torch.Tensor) {
	row.Output = y.Shape()
	row.Runs++
}

// run feeds the first item of x to m in evaluation mode and counts what it multiplies.
func (s *summarizer) run(m nn.Module, xs []*torch.Tensor) error {
	scope := torch.NewScope()
	defer scope.Close()
	items := make([]*torch.Tensor, len(xs))
	for i, x := range xs {
		items[i] = x.In(scope).Narrow(0, 0, 1).Clone() // a model may work in place on its input
	}
	s.out.Input = items[0].Shape()
	nn.Eval(m)
	g, err := nn.Record(m, items...)
	if unheld := (*torch.Untraceable)(nil); err != nil && !errors.As(err, &unheld) { // a graph is there all the same
		return err
	}
	s.multiply(m, g)
	return nil
}

// multiply gives each row the multiply-adds of its parameters, or else of what it did itself.
func (s *summarizer) multiply(m nn.Module, g *graph.Graph) {
	state := nn.StateMap(m)
	owner := map[graph.Ref]*Layer{}
	for key, r := range g.Weights {
		owner[r] = s.owner[state[key]]
	}
	named := map[string]*Layer{}
	for _, row := range s.rows {
		named[row.Name] = row
	}
	for _, n := range g.Nodes {
		row := named[n.Module]
		for _, a := range n.Args {
			for _, r := range graph.Refs(a) {
				if o := owner[r]; o != nil {
					row = o
				}
			}
		}
		row.MACs += n.MACs.Const
		s.out.MACs += n.MACs.Const
	}
}

// finish leaves the rows that say something.
func (s *summarizer) finish(m nn.Module) *Summary {
	leaf := map[string]bool{}
	nn.Walk(m, func(name string, m nn.Module) {
		leaf[name] = len(nn.Children(m)) == 0
	})
	for _, row := range s.rows {
		if leaf[row.Name] || row.Params > 0 || row.MACs > 0 {
			s.out.Layers = append(s.out.Layers, *row)
		}
	}
	return s.out
}

func (s *summarizer) unhook() {
	for _, remove := range s.unhooks {
		remove()
	}
}
