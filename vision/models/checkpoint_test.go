package models_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// ResNet-50's weights, 100 MB, are written without a second copy of them in memory, and read with less than 5 MB
// beyond the map of their file.
func TestCheckpointMemory(t *testing.T) {
	for _, ext := range []string{".pth", ".safetensors"} {
		m := models.ResNet50(1000)
		path := filepath.Join(t.TempDir(), "resnet50"+ext)
		grew := parity.PeakGrowth(t, func() {
			state, err := nn.ToPTH(m)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkpoint.WriteFile(path, state, checkpoint.NoSync()); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: writing takes %.1f MB", ext, float64(grew)/1e6)
		if grew > 5e6 {
			t.Errorf("%s: writing takes %d bytes", ext, grew)
		}
		nn.Close(m)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		s := torch.NewScope()
		grew = parity.PeakGrowth(t, func() {
			f, err := checkpoint.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			found, err := f.StateDict()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := nn.FromPTH(s, f, found.Dict); err != nil {
				t.Fatal(err)
			}
		})
		s.Close()
		t.Logf("%s: reading takes %.1f MB, its file being of %.1f", ext, float64(grew)/1e6, float64(info.Size())/1e6)
		if grew > info.Size()+5e6 {
			t.Errorf("%s: reading takes %d bytes, its file has %d", ext, grew, info.Size())
		}
	}
}
