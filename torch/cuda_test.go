package torch_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
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
