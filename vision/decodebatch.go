package vision

import "github.com/fastlearn-go/fastlearn/torch"

// Decode makes pictures to look at of a batch that the transforms made, N×C×H×W: what
// [Normalize] did is undone. x stays as it is.
func (b BatchTransforms) Decode(x *torch.Tensor) []*Image {
	s := x.Scope().Child()
	defer s.Close()
	y := x.Detach().MoveTo(s).To(torch.CPU, torch.Float32)
	for _, t := range b.tfms {
		if n, ok := t.(*normalize); ok {
			all := &numbers{}
			mean, std := all.add(n.mean...), all.add(n.std...)
			y = y.Mul(all.perChannel(s, y, std)).Add(all.perChannel(s, y, mean))
			all.close()
		}
	}
	bytes := torch.ToSlice[uint8](y.Clamp(0, 1).MulScalar(255).Round().To(torch.Uint8).Permute(0, 2, 3, 1).Contiguous())
	n, w, h := batchSize(x)
	c := int(x.Size(1))
	out := make([]*Image, n)
	for i := range out {
		size := w * h * c
		out[i] = &Image{W: w, H: h, C: c, Pix: bytes[i*size : (i+1)*size : (i+1)*size]}
	}
	return out
}
