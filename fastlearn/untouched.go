package fastlearn

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// What a look at a model must leave as it was; [snapshot] is for what trains.

// rngStates are the states of the generators that a device's work draws from.
type rngStates []deviceRNG

type deviceRNG struct {
	device torch.Device
	state  *torch.Tensor // its holder's own
}

func keepRNG(device torch.Device) (kept rngStates, err error) {
	devices := []torch.Device{torch.CPU}
	if device.IsCUDA() {
		devices = append(devices, device)
	}
	err = torch.Try(func() {
		for _, d := range devices {
			kept = append(kept, deviceRNG{d, torch.RNGState(d)})
		}
	})
	if err != nil {
		kept.close()
	}
	return kept, err
}

// restore puts the states back and lets go of them.
func (kept rngStates) restore() error {
	defer kept.close()
	return torch.Try(func() {
		for _, r := range kept {
			torch.SetRNGState(r.device, r.state)
		}
	})
}

func (kept rngStates) close() {
	for _, r := range kept {
		r.state.Close()
	}
}

// keepModes returns a function that puts each module back into its mode.
func keepModes(m nn.Module) (restore func()) {
	modes := map[nn.Module]bool{}
	nn.Walk(m, func(_ string, m nn.Module) { modes[m] = nn.IsTraining(m) })
	return func() {
		for m, on := range modes {
			nn.SetTraining(m, on)
		}
	}
}

// keepBuffers returns a function that puts m's buffers back, which a module of one's own may
// change in evaluation mode too; gradients must be off.
func keepBuffers(m nn.Module) (restore func()) {
	copies := map[*torch.Tensor]*torch.Tensor{}
	for _, b := range nn.Buffers(m) {
		copies[b] = b.Clone()
	}
	return func() {
		for buffer, kept := range copies {
			buffer.Copy_(kept)
			kept.Close()
		}
	}
}
