package jit_test

import (
	"archive/zip"
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// What is saved of a model that was read to a GPU or moved there names no GPU, so Python needs none, and is the same model; the model stays
// where it was.
func TestCUDASaveNamesNoGPU(t *testing.T) {
	gpu, path := torch.CUDA(0), filepath.Join(t.TempDir(), "saved.pt")
	if torch.CUDADeviceCount() == 0 {
		t.Skip("no GPU: ", gpu.Check())
	}
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(2, 3, 32, 32)
	outputs := func(path string, save func(m *jit.Module), device ...torch.Device) []float64 {
		m, err := jit.Load(path, device...)
		if err != nil {
			t.Fatal(err)
		}
		defer nn.Close(m)
		nn.Eval(m)
		save(m)
		var all []float64
		torch.NoGrad(func() {
			all = torch.ToSlice[float64](m.Forward(x.To(nn.Parameters(m)[0].Device())).To(torch.CPU, torch.Float64))
		})
		return all
	}
	keep := func(*jit.Module) {}
	want := outputs("testdata/net.pt", keep)
	for name, c := range parity.Sorted(map[string]struct {
		device torch.Device
		move   func(m *jit.Module)
	}{
		"read to a GPU":          {gpu, keep},
		"moved to a GPU":         {torch.CPU, func(m *jit.Module) { nn.To(m, gpu) }},
		"read there, moved back": {gpu, func(m *jit.Module) { nn.To(m, torch.CPU) }},
		"neither":                {torch.CPU, keep},
	}) {
		outputs("testdata/net.pt", func(m *jit.Module) {
			c.move(m)
			on := nn.Parameters(m)[0].Device()
			if err := jit.Save(m, path); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if now := nn.Parameters(m)[0].Device(); now != on {
				t.Errorf("%s: saving moved the model from %s to %s", name, on, now)
			}
		}, c.device)
		if where := devices(t, path); where["cuda"] || !where["cpu"] {
			t.Errorf("%s: the file names %v", name, where)
		}
		got := outputs(path, keep)
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", name, got, want)
				break
			}
		}
	}
}

// devices are the kinds of devices that a TorchScript file names.
func devices(t *testing.T, path string) map[string]bool {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	named := map[string]bool{}
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, ".pkl") {
			continue
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"cpu", "cuda"} {
			named[kind] = named[kind] || bytes.Contains(text, []byte(kind))
		}
	}
	return named
}
