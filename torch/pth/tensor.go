package pth

import (
	"math"
	"math/bits"
	"runtime"
	"sync"

	"github.com/fastlearn-go/fastlearn/internal/guard"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/torchzip"
)

// A Storage is the memory that one or more tensors look at. Tensors that share memory,
// as tied weights do, share the *Storage; written, they share it in the new file.
type Storage struct {
	// Data are the bytes, little-endian: read, a view of the mapped file (writing to it
	// never reaches the file); to be written, any memory the caller owns, see [NewNative]. Of a compressed file they are nil until
	// a method of a Tensor needs them.
	Data []byte
	// DType is the element type of a typed storage, Uint8 for an untyped one.
	DType DType
	// Location is the device the storage was saved from: "cpu", "cuda:1"; "" is written as "cpu".
	Location string

	key      string            // its name in the file
	declared int64             // its size in bytes as its users declare it
	limit    int64             // what a tensor over it may materialise by default
	packed   *packed           // what Data is to be inflated from; nil: it is there
	native   *native           // nil where the collector sees Data's memory, or a file holds it
	file     *diskfile.Content // which Data is a part of; nil: Data is in memory of its own
}

// A Tensor is a strided view of a Storage. Shape, Stride and Offset count elements;
// strides of 0 (an expanded tensor) are legal, and negative ones are not.
type Tensor struct {
	Storage       *Storage
	DType         DType
	Shape, Stride []int64
	Offset        int64
	RequiresGrad  bool
	IsParameter   bool  // it was a torch.nn.Parameter
	Conj, Neg     bool  // the elements are the conjugates, or the negatives, of what the storage holds; all methods resolve that
	Attrs         *Dict // Python attributes of the tensor object, nil if there are none; not written
}

// NewTensor is a contiguous tensor over data, which it does not copy.
func NewTensor(dtype DType, shape []int64, data []byte) *Tensor {
	return &Tensor{Storage: &Storage{Data: data, DType: dtype}, DType: dtype, Shape: shape, Stride: rowMajor(shape)}
}

// NewMapped is a contiguous tensor over data that are a part of a file's content. What reads them by a method of Tensor or by
// [Write] holds that content meanwhile, and returns an error where it is closed.
func NewMapped(dtype DType, shape []int64, data []byte, file *diskfile.Content) *Tensor {
	t := NewTensor(dtype, shape, data)
	t.Storage.file = file
	return t
}

// use runs what reads s.Data, whose memory stays meanwhile.
func (s *Storage) use(read func() error) error {
	if s == nil {
		return read()
	}
	defer runtime.KeepAlive(s)
	return s.file.Use(func() error {
		if err := s.inflate(); err != nil {
			return err
		}
		return read()
	})
}

// A packed is the compressed data of a storage, which are inflated once.
type packed struct {
	record  *torchzip.Record
	skipCRC bool
	once    sync.Once
	err     error
}

func (s *Storage) inflate() error {
	if s.packed == nil {
		return nil
	}
	s.packed.once.Do(func() { s.Data, s.packed.err = s.packed.record.Inflate(s.packed.skipCRC) })
	return s.packed.err
}

// NBytes is the number of bytes of the storage, also where they are compressed in the file.
func (s *Storage) NBytes() int64 {
	switch {
	case s == nil:
		return 0
	case s.packed != nil:
		return s.declared
	}
	return int64(len(s.Data))
}

func rowMajor(shape []int64) []int64 {
	stride := make([]int64, len(shape))
	n := int64(1)
	for i := len(shape) - 1; i >= 0; i-- {
		stride[i] = n
		n *= max(shape[i], 1)
	}
	return stride
}

// Len is the number of elements, math.MaxInt64 if there are more than that.
func (t *Tensor) Len() int64 {
	if t == nil {
		return 0
	}
	n := int64(1)
	for _, d := range t.Shape {
		if d == 0 {
			return 0
		}
	}
	for _, d := range t.Shape {
		n = mulSat(n, d)
	}
	return n
}

// NBytes is the number of bytes of the elements, math.MaxInt64 if there are more than that.
// It may be more than the storage holds: strides of 0 repeat elements.
func (t *Tensor) NBytes() int64 {
	if t == nil {
		return 0
	}
	return mulSat(t.Len(), int64(t.DType.Size()))
}

// Contiguous tells whether the elements lie in row-major order without gaps, as they are.
func (t *Tensor) Contiguous() bool {
	if t == nil || t.Conj || t.Neg {
		return false
	}
	want := int64(1)
	for i := len(t.Shape) - 1; i >= 0; i-- {
		switch {
		case t.Shape[i] == 0:
			return true
		case t.Shape[i] == 1:
			continue
		case t.Stride[i] != want:
			return false
		}
		want = mulSat(want, t.Shape[i])
	}
	return true
}

// extent is the number of elements of the storage up to the last one that t looks at.
// It is false if it overflows, or if t's numbers cannot be a tensor's.
func (t *Tensor) extent() (int64, bool) {
	if len(t.Shape) != len(t.Stride) || t.Offset < 0 {
		return 0, false
	}
	last, empty := t.Offset, false
	for i, d := range t.Shape {
		s := t.Stride[i]
		switch {
		case d < 0 || s < 0:
			return 0, false
		case d == 0:
			empty = true
			continue
		}
		step := mulSat(d-1, s)
		if step > math.MaxInt64-1-last {
			return 0, false
		}
		last += step
	}
	if empty {
		return t.Offset, true
	}
	return last + 1, true
}

func mulSat(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(lo)
}

// Check tells what is wrong with a tensor that was put together by hand: numbers that aren't tensor's, or
// that reach beyond its storage. Those that were read are sound, and so are those of [NewTensor] with the bytes they need.
func (t *Tensor) Check() error {
	if err := guard.Given("pth: Check", t); err != nil {
		return err
	}
	size := int64(t.DType.Size())
	end, ok := t.extent()
	switch {
	case size == 0:
		return errorf("a tensor is of dtype %d, which there is not", int8(t.DType))
	case !ok:
		return errorf("a tensor of shape %v, strides %v and offset %d cannot be", t.Shape, t.Stride, t.Offset)
	case t.Storage == nil || t.Len() > 0 && mulSat(end, size) > t.Storage.NBytes():
		return errorf("a tensor of shape %v reaches beyond its storage", t.Shape)
	}
	if err := t.Storage.use(func() error { return nil }); err != nil {
		return asError(err)
	}
	return nil
}
