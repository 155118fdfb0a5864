package torch_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Tensors of every dtype come from a file and go into one with their bytes as they are.
func TestEveryDTypeFromFilesAndBack(t *testing.T) {
	for _, path := range []string{"pth/testdata/python/dtypes.pth", "safetensors/testdata/python/dtypes.safetensors"} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := checkpoint.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s := torch.NewScope()
			defer s.Close()
			n := 0
			for k, v := range f.Value().(*pth.Dict).All() {
				want, ok := v.(*pth.Tensor)
				if !ok {
					continue
				}
				n++
				x, err := torch.FromPTH(s, f, want)
				if err != nil {
					t.Errorf("%v: %v", k, err)
					continue
				}
				if x.DType().String() != want.DType.String() || !slices.Equal(x.Shape(), want.Shape) {
					t.Errorf("%v: %v %v, want %v %v", k, x.DType(), x.Shape(), want.DType, want.Shape)
				}
				if parsed, err := torch.ParseDType(want.DType.String()); err != nil || parsed != x.DType() {
					t.Errorf("%v: %v", parsed, err)
				}
				back, err := torch.ToPTH(x)
				if err != nil {
					t.Errorf("%v: %v", k, err)
					continue
				}
				a, err1 := want.Bytes(0)
				b, err2 := back.Bytes(0)
				if err1 != nil || err2 != nil || back.DType != want.DType || !bytes.Equal(a, b) {
					t.Errorf("%v changed: %v %v", k, err1, err2)
				}
			}
			if n < 19 {
				t.Errorf("the file holds %d tensors", n)
			}
		})
	}
}

// Tensors that share memory in a file share it here, and what is written to one never reaches the file.
func TestTiedTensorsStayTied(t *testing.T) {
	f, err := checkpoint.Open("pth/testdata/python/tied.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := torch.NewScope()
	defer s.Close()
	state := f.Value().(*pth.Dict)
	read := func(key string) *torch.Tensor {
		v, _ := pth.Get[*pth.Tensor](state, key)
		x, err := torch.FromPTH(s, f, v)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	a, b, c := read("a"), read("b"), read("c") // c is a[1:]
	a.Fill_(7)
	for _, x := range []*torch.Tensor{b, c} {
		if got := torch.ToSlice[float32](x); slices.ContainsFunc(got, func(v float32) bool { return v != 7 }) {
			t.Errorf("a shared tensor is %v after all became 7", got)
		}
	}
}

// What no file holds, but a hand can put together, is an error and no panic.
func TestFromPTHRefuses(t *testing.T) {
	f, err := checkpoint.Open("pth/testdata/python/tied.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := torch.NewScope()
	defer s.Close()
	for name, x := range parity.Sorted(map[string]*pth.Tensor{
		"17 dims":  pth.NewTensor(pth.Uint8, slices.Repeat([]int64{1}, 17), make([]byte, 1)),
		"short":    pth.NewTensor(pth.Float32, []int64{3}, make([]byte, 11)),
		"negative": pth.NewTensor(pth.Float32, []int64{-3}, make([]byte, 12)),
		"no bytes": {DType: pth.Float32},
		"no dtype": {DType: 77, Storage: &pth.Storage{Data: make([]byte, 8)}},
		"offset":   {DType: pth.Float32, Storage: &pth.Storage{Data: make([]byte, 8)}, Offset: 1 << 62},
	}) {
		if _, err := torch.FromPTH(s, f, x); err == nil || !strings.HasPrefix(err.Error(), "torch.load: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A tensor with its channels last goes into a file as it lies in memory, without a copy, and comes back so; as
// safetensors it is in row-major order.
func TestChannelsLastIsNotCopied(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(2, 3, 4, 5).ToFormat(torch.ChannelsLast)
	out, err := torch.ToPTH(x)
	if err != nil {
		t.Fatal(err)
	}
	x.WithBytes(func(memory []byte) {
		if &out.Storage.Data[0] != &memory[0] {
			t.Error("it was copied")
		}
	})
	for _, name := range []string{"x.pth", "x.safetensors"} {
		state := pth.NewOrderedDict()
		state.Set("x", out)
		path := filepath.Join(t.TempDir(), name)
		if err := checkpoint.WriteFile(path, state, checkpoint.NoSync()); err != nil {
			t.Fatal(err)
		}
		f, err := checkpoint.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		read, _ := pth.Get[*pth.Tensor](f.Value().(*pth.Dict), "x")
		y, err := torch.FromPTH(s, f, read)
		if err != nil {
			t.Fatal(err)
		}
		if !x.Equal(y) || y.IsContiguous(torch.ChannelsLast) != (name == "x.pth") {
			t.Errorf("%s: strides %v, equal %v", name, y.Strides(), x.Equal(y))
		}
	}
}
