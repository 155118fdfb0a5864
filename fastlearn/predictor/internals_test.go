package predictor

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// Waiting is the number of images that wait for the model.
func (p *Predictor) Waiting() int { return len(p.decoded) }

// Forward runs what predicts.
func (p *Predictor) Forward(x *torch.Tensor) *torch.Tensor { return p.outputs(x) }

// Plan is the graph that predicts, nil where the model does.
func (p *Predictor) Plan() *graph.Graph { return p.plan.Graph() }
