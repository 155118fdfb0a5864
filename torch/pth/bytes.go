package pth

import (
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/room"
)

// Bytes returns the elements in row-major order, which stay valid whatever becomes of the tensor and its file: a view of the
// storage if the tensor is contiguous and the storage's memory is Go's, else a copy. [Tensor.WriteTo] copies nothing. A tensor
// that isn't contiguous is refused if its copy takes more than limit bytes, for a small file
// can hold an expanded tensor of any size; limit 0 stands for [Tensor.Limit]. The file of a tensor must be open, or held.
func (t *Tensor) Bytes(limit int64) (data []byte, err error) {
	if err := guard.Given("pth: Bytes", t); err != nil {
		return nil, err
	}
	err = t.Storage.use(func() error {
		data, err = t.elements(limit)
		if s := t.Storage; err == nil && s != nil && (s.native != nil || s.file != nil) && t.Contiguous() {
			data = slices.Clone(data)
		}
		return err
	})
	if err != nil {
		return nil, asError(err)
	}
	return data, nil
}

// elements is Bytes, without copying what is contiguous, for a caller that holds t.Storage while it uses them.
func (t *Tensor) elements(limit int64) ([]byte, error) {
	size := int64(t.DType.Size())
	end, ok := t.extent()
	if !ok || size == 0 {
		return nil, errorf("a tensor of shape %v, strides %v and offset %d cannot be", t.Shape, t.Stride, t.Offset)
	}
	if t.Len() == 0 {
		return nil, nil
	}
	if t.Storage == nil {
		return nil, errorf("a tensor of shape %v has no storage", t.Shape)
	}
	if mulSat(end, size) > int64(len(t.Storage.Data)) {
		return nil, errorf("a tensor of shape %v reaches beyond its storage of %d bytes", t.Shape, len(t.Storage.Data))
	}
	n := t.NBytes()
	if t.Contiguous() {
		start := t.Offset * size
		return t.Storage.Data[start : start+n : start+n], nil
	}
	if limit <= 0 {
		limit = t.Limit()
	}
	if n > limit {
		return nil, errorf("a tensor of shape %v would take %d bytes, its storage has %d, and the limit is %d",
			t.Shape, n, len(t.Storage.Data), limit)
	}
	if err := room.For(n); err != nil {
		return nil, errorf("a tensor of shape %v: %v", t.Shape, err)
	}
	out := make([]byte, n)
	t.gather(out, t.Storage.Data[t.Offset*size:], 0, size)
	return out, t.applySigns(out)
}

// Limit is the number of bytes that materialising the tensor may take by default: 16 times
// the file it was read from, no limit if it was read from none.
func (t *Tensor) Limit() int64 {
	if t == nil || t.Storage == nil || t.Storage.limit == 0 {
		return math.MaxInt64
	}
	return t.Storage.limit
}

// gather copies the elements from dimension dim on, which begin at src, to dst, and
// returns the rest of dst.
func (t *Tensor) gather(dst, src []byte, dim int, size int64) []byte {
	if dim == len(t.Shape) {
		copy(dst[:size], src)
		return dst[size:]
	}
	step := t.Stride[dim] * size
	if dim == len(t.Shape)-1 && t.Stride[dim] == 1 {
		n := t.Shape[dim] * size
		copy(dst[:n], src)
		return dst[n:]
	}
	for i := range t.Shape[dim] {
		dst = t.gather(dst, src[i*step:], dim+1, size)
	}
	return dst
}

// components are the sizes of the signed numbers that elements consist of, for the dtypes that views can negate.
var components = map[DType]int{
	Float16: 2, BFloat16: 2, Float32: 4, Float64: 8, Complex32: 2, Complex64: 4, Complex128: 8,
	Int8: -1, Int16: -2, Int32: -4, Int64: -8, // of two's complement
}

func (t *Tensor) isComplex() bool {
	return t.DType == Complex32 || t.DType == Complex64 || t.DType == Complex128
}

// checkSigns refuses conjugates of what isn't complex, and negatives of what has no sign.
func (t *Tensor) checkSigns() error {
	if t.Conj && !t.isComplex() || t.Neg && components[t.DType] == 0 {
		return oddf("a tensor of dtype %v can't be a conjugated or negated view", t.DType)
	}
	return nil
}

// applySigns makes the elements in data those of a conjugated or negated view.
func (t *Tensor) applySigns(data []byte) error {
	if err := t.checkSigns(); err != nil || !t.Conj && !t.Neg {
		return err
	}
	width := components[t.DType]
	if width < 0 {
		for ; len(data) > 0; data = data[-width:] {
			for i, carry := 0, uint(1); i < -width; i++ {
				carry += uint(^data[i])
				data[i], carry = byte(carry), carry>>8
			}
		}
		return nil
	}
	flip := [2]bool{t.Neg, t.Neg}
	if t.isComplex() {
		flip[1] = t.Neg != t.Conj
	}
	for i := 0; len(data) > 0; i, data = i^1, data[width:] {
		if flip[i] {
			data[width-1] ^= 0x80
		}
	}
	return nil
}
