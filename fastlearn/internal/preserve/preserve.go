// Package preserve keeps what a look at a model must leave as it was.
package preserve

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// States are the states of the generators that a device's work draws from.
type States []deviceRNG

type deviceRNG struct {
	device torch.Device
	state  *torch.Tensor // its holder's own
}

// RNG keeps the states of the generators that a device's work draws from: the CPU's and a GPU's.
func RNG(device torch.Device) (kept States, err error) {
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
		kept.Close()
	}
	return kept, err
}

// Restore puts the states back and lets go of them.
func (kept States) Restore() error {
	defer kept.Close()
	return torch.Try(func() {
		for _, r := range kept {
			torch.SetRNGState(r.device, r.state)
		}
	})
}

// Close lets go of the states.
func (kept States) Close() {
	for _, r := range kept {
		r.state.Close()
	}
}

// Modes returns a function that puts each module back into its mode.
func Modes(m nn.Module) (restore func()) {
	modes := map[nn.Module]bool{}
	nn.Walk(m, func(_ string, m nn.Module) { modes[m] = nn.IsTraining(m) })
	return func() {
		for m, on := range modes {
			if on {
				nn.TrainAlone(m)
			} else {
				nn.EvalAlone(m)
			}
		}
	}
}

// Buffers returns a function that puts m's buffers back, which a custom module may
// change in evaluation mode too; gradients must be off.
func Buffers(m nn.Module) (restore func()) {
	copies, s, all := map[*torch.Tensor]*torch.Tensor{}, torch.NewScope(), false
	defer func() {
		if !all { // there was no memory for one
			s.Close()
		}
	}()
	for _, b := range nn.Buffers(m) {
		copies[b] = b.In(s).Clone()
	}
	all = true
	return func() {
		defer s.Close()
		for buffer, kept := range copies {
			buffer.Copy_(kept)
		}
	}
}
