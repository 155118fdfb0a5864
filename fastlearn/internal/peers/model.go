package peers

import (
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Broadcast gives all processes the weights and buffers of rank 0.
func (g *Group) Broadcast(m nn.Module) error {
	var all []*torch.Tensor
	for _, n := range nn.StateDict(m) {
		all = append(all, n.Tensor)
	}
	return g.group.BroadcastCoalesced(all, 0)
}

// Hook hangs the reducer on the gradients of a model's parameters that are trained.
func (g *Group) Hook(m nn.Module) error {
	var params []*torch.Tensor
	var trained []bool
	for _, p := range nn.Parameters(m) {
		if trained = append(trained, p.RequiresGrad()); p.RequiresGrad() {
			params = append(params, p)
		}
	}
	if g.reducer != nil && slices.Equal(trained, g.trained) {
		return nil
	}
	g.reducer.Close()
	var err error
	g.trained = trained
	g.reducer, err = g.group.NewReducer(params, g.opts...)
	return err
}

// Unhook lets go of the gradients.
func (g *Group) Unhook() {
	g.reducer.Close()
	g.reducer = nil
}

// Prepare prepares a training batch's forward pass.
func (g *Group) Prepare(m nn.Module) error {
	if err := g.reducer.BeforeForward(); err != nil {
		return err
	}
	return g.ShareBuffers(m)
}

// ShareBuffers gives all processes the buffers of rank 0 (DistributedDataParallel's broadcast_buffers).
func (g *Group) ShareBuffers(m nn.Module) error {
	return g.group.BroadcastCoalesced(nn.Buffers(m), 0)
}
