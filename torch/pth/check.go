package pth

import "github.com/fastlearn-go/fastlearn/internal/guard"

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
	case t.Storage == nil || t.Len() > 0 && mulSat(end, size) > int64(len(t.Storage.Data)):
		return errorf("a tensor of shape %v reaches beyond its storage", t.Shape)
	}
	if err := t.Storage.use(func() error { return nil }); err != nil {
		return asError(err)
	}
	return nil
}
