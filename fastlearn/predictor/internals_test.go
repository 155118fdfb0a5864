package predictor

import "github.com/fastlearn-go/fastlearn/torch/nn"

// Waiting is the number of images that wait for the model.
func (p *Predictor) Waiting() int { return len(p.decoded) }

// Model is what predicts.
func (p *Predictor) Model() nn.Module { return p.model }
