package pth

import (
	"io"
	"runtime"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// A native is memory that Go's collector doesn't see, such as libtorch's.
type native struct {
	release func()
	cleanup runtime.Cleanup
}

// NewNative is a contiguous tensor over memory that Go's collector doesn't see, such as libtorch's. release gives
// the memory back. It runs once, on any goroutine: when nothing refers to the tensor's [Storage] any more, or at
// [Dict.Release]. What reads the bytes by a method of Tensor or by [Write] holds the Storage meanwhile; a caller that reads
// Storage.Data itself must do so too.
func NewNative(dtype DType, shape []int64, data []byte, release func()) *Tensor {
	t := NewTensor(dtype, shape, data)
	t.Storage.native = &native{release: release, cleanup: runtime.AddCleanup(t.Storage, func(release func()) { release() }, release)}
	return t
}

// WriteTo writes the elements in row-major order to w. Those of a contiguous tensor are not copied.
func (t *Tensor) WriteTo(w io.Writer) (int64, error) {
	if err := guard.Given("pth: WriteTo", t, w); err != nil {
		return 0, err
	}
	var n int
	err := t.Storage.use(func() error {
		data, err := t.elements(0)
		if err != nil {
			return err
		}
		n, err = w.Write(data)
		return err
	})
	return int64(n), err
}

// Release gives back at once the memory of every tensor in d that was made by [NewNative], as torch.ToPTH does. Without it
// the collector does so later. Such a tensor has no bytes from then on.
func (d *Dict) Release() {
	if d != nil {
		release(d)
	}
}

func release(v any) {
	switch v := v.(type) {
	case *Dict:
		for _, item := range v.vals {
			release(item)
		}
	case *List:
		for _, item := range v.Items {
			release(item)
		}
	case *Tensor:
		if s := v.Storage; s.native != nil {
			n := s.native
			s.Data, s.native = nil, nil
			n.cleanup.Stop()
			n.release()
		}
	}
}
