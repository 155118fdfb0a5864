package torch_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

type tensorFile interface {
	io.Closer
	torch.Holder
}

// openers open a file of [ramp], and return its tensor.
var openers = []struct {
	name string
	open func(dir string) (tensorFile, *pth.Tensor)
}{
	{"pth.Open", func(dir string) (tensorFile, *pth.Tensor) { return pthTensor(pth.Open(filepath.Join(dir, "x.pth"))) }},
	{"pth.OpenMapped", func(dir string) (tensorFile, *pth.Tensor) {
		return pthTensor(pth.OpenMapped(filepath.Join(dir, "x.pth"), pth.SkipCRC()))
	}},
	{"safetensors.Open", func(dir string) (tensorFile, *pth.Tensor) {
		return safeTensor(safetensors.Open(filepath.Join(dir, "x.safetensors")))
	}},
	{"safetensors.OpenMapped", func(dir string) (tensorFile, *pth.Tensor) {
		return safeTensor(safetensors.OpenMapped(filepath.Join(dir, "x.safetensors")))
	}},
}

func pthTensor(f *pth.File, err error) (tensorFile, *pth.Tensor) {
	return must(f, err), weight(must(f, err).Value().(*pth.Dict))
}

func safeTensor(f *safetensors.File, err error) (tensorFile, *pth.Tensor) {
	return must(f, err), weight(must(f, err).StateDict())
}

func weight(d *pth.Dict) *pth.Tensor {
	x, _ := pth.Get[*pth.Tensor](d, "weight")
	return x
}

func rampFiles(t *testing.T) (dir string) {
	dir = t.TempDir()
	x := ramp()
	defer x.Scope().Close()
	state := dict(must(torch.ToPTH(x)))
	if err := pth.WriteFile(filepath.Join(dir, "x.pth"), state, pth.NoSync()); err != nil {
		t.Fatal(err)
	}
	if err := safetensors.WriteFile(filepath.Join(dir, "x.safetensors"), state, safetensors.NoSync()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// uses are the ways to the bytes of a file's tensor.
var uses = []struct {
	name string
	use  func(f tensorFile, x *pth.Tensor, w io.Writer) error
}{
	{"Bytes", func(_ tensorFile, x *pth.Tensor, w io.Writer) error {
		b, err := x.Bytes(0)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}},
	{"Bytes of a copy", func(_ tensorFile, x *pth.Tensor, w io.Writer) error {
		b, err := (&pth.Tensor{Storage: x.Storage, DType: x.DType, Shape: []int64{viewed, 2}, Stride: []int64{1, 0}}).Bytes(0)
		for i := 0; err == nil && i < viewed; i++ {
			_, err = w.Write(b[8*i:][:4])
		}
		return err
	}},
	{"WriteTo", func(_ tensorFile, x *pth.Tensor, w io.Writer) error {
		_, err := x.WriteTo(w)
		return err
	}},
	{"pth.Write", func(_ tensorFile, x *pth.Tensor, w io.Writer) error {
		var all bytes.Buffer
		if err := pth.Write(&all, dict(x)); err != nil {
			return err
		}
		_, err := w.Write(first(must(pth.Decode(all.Bytes())).Value()))
		return err
	}},
	{"safetensors.Write", func(_ tensorFile, x *pth.Tensor, w io.Writer) error {
		var all bytes.Buffer
		if err := safetensors.Write(&all, dict(x)); err != nil {
			return err
		}
		_, err := w.Write(first(must(safetensors.Decode(all.Bytes())).StateDict()))
		return err
	}},
	{"FromPTH", func(f tensorFile, x *pth.Tensor, w io.Writer) error {
		y, err := torch.FromPTH(nil, f, x)
		if err == nil {
			defer y.Close()
			_, err = w.Write(elements(y))
		}
		return err
	}},
}

// closing closes a file before it looks at what is written.
type closing struct {
	bytes.Buffer
	file io.Closer
}

func (c *closing) Write(b []byte) (int, error) {
	c.file.Close()
	return c.Buffer.Write(b)
}

// The bytes of a file's tensor are right while the file is open, also when it is closed meanwhile or forgotten; once it is
// closed they are an error, unless somebody holds the file.
func TestFilesHoldTheirMemory(t *testing.T) {
	dir := rampFiles(t)
	for _, o := range openers {
		for _, u := range uses {
			t.Run(o.name+" "+u.name, func(t *testing.T) {
				collector.Busy([]int64{viewed}, func() {
					for range 5 {
						f, x := o.open(dir)
						w := closing{file: f}
						if err := u.use(f, x, &w); err != nil || !isRamp(w.Bytes()) {
							t.Fatalf("%d bytes, %v", w.Len(), err)
						}
						if err := u.use(f, x, &w); err == nil || !strings.Contains(err.Error(), "closed") {
							t.Fatalf("of a closed file: %v", err)
						}
						held, x := o.open(dir)
						release := held.Hold()
						held.Close()
						w = closing{file: held}
						if err := u.use(held, x, &w); err != nil || !isRamp(w.Bytes()) {
							t.Fatalf("held: %d bytes, %v", w.Len(), err)
						}
						release()
						if err := u.use(held, x, &w); err == nil {
							t.Fatal("released, and read")
						}
					}
				})
			})
		}
	}
}

// A mapped file that another process cut off is an error of whatever reads it in Go.
func TestVanishedBytesAreErrors(t *testing.T) {
	for _, o := range openers {
		if !strings.HasSuffix(o.name, "OpenMapped") {
			continue
		}
		for _, u := range uses[:len(uses)-1] { // FromPTH's tensor is read by C++
			t.Run(o.name+" "+u.name, func(t *testing.T) {
				dir := rampFiles(t)
				f, x := o.open(dir)
				defer f.Close()
				for _, name := range []string{"x.pth", "x.safetensors"} {
					if err := os.Truncate(filepath.Join(dir, name), 0); err != nil {
						t.Fatal(err)
					}
				}
				if err := u.use(f, x, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "mapped") {
					t.Errorf("%v", err)
				}
			})
		}
	}
}
