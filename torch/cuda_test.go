package torch_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// Tests whose names begin with TestCUDA in a file cuda_test.go need a GPU; "make
// gpu-bundle" packs them.

// What a tensor takes on a GPU is counted while it lives, and kept for the next one after.
func TestCUDAMemory(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	const size = 64 << 20
	before, _, err := torch.CUDAMemory(gpu)
	if err != nil {
		t.Fatal(err)
	}
	s := torch.NewScope()
	s.Zeros([]int64{size}, torch.Uint8, gpu)
	with, held, err := torch.CUDAMemory(gpu)
	if err != nil || with-before != size || held < with {
		t.Errorf("%d bytes before, %d with %d more, %d held, %v", before, with, size, held, err)
	}
	s.Close()
	after, still, err := torch.CUDAMemory(gpu)
	if err != nil || after != before || still != held {
		t.Errorf("%d bytes before, %d after; %d held, then %d, %v", before, after, held, still, err)
	}
}

// Every optimizer's steps on a GPU, where they go over all parameters at once, are those on the CPU.
func TestCUDAOptimizers(t *testing.T) {
	gpu := torch.CUDA(0)
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	for name, rule := range map[string]optim.Rule{
		"Adam": optim.Adam{}, "SGD": optim.SGD{Momentum: 0.9, L2: true}, "RMSProp": optim.RMSProp{Momentum: 0.9}, "RAdam": optim.RAdam{},
		"QHAdam": optim.QHAdam{}, "Lamb": optim.Lamb{L2: true}, "Larc": optim.Larc{}, "Ranger": optim.Ranger(),
	} {
		s := torch.NewScope()
		var ends [2][]float64
		for k, device := range []torch.Device{torch.CPU, gpu} {
			torch.ManualSeed(1)
			params := []*torch.Tensor{s.Randn([]int64{4, 3}, torch.Float64), s.Randn([]int64{5}, torch.Float64)}
			for i, p := range params {
				params[i] = p.To(device)
				params[i].RequiresGrad_(true)
			}
			opt := optim.New(rule, params)
			for range 12 {
				for _, p := range params {
					p.SetGrad(s.Randn(p.Shape(), torch.Float64).To(device))
				}
				opt.Step()
			}
			for _, p := range params {
				ends[k] = append(ends[k], torch.ToSlice[float64](p.Detach())...)
			}
			opt.Close()
		}
		for i, v := range ends[0] {
			if d := ends[1][i] - v; !(d < 1e-9 && d > -1e-9) {
				t.Errorf("%s: %v on the GPU, %v on the CPU", name, ends[1][i], v)
			}
		}
		s.Close()
	}
}
