package data

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"unsafe"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// batch turns a slot's items into a batch on the device.
func (d *ItemLoader) batch(s *slot, rng *rand.Rand) (b *Batch, err error) {
	if err := d.checkSlot(s); err != nil {
		return nil, err
	}
	b = &Batch{Scope: torch.NewScope(), Items: slices.Clone(s.items)}
	err = torch.Try(func() {
		var moved []vision.Part // what transforms change
		var places []int        // of them among the parts
		all := make([]*torch.Tensor, len(d.ds.parts))
		for k := range d.ds.parts {
			switch p := &d.ds.parts[k]; {
			case p.sources == nil:
			case p.Kind == vision.Values:
				all[k] = p.tensor(b.Scope, b.Items, d.config.device)
			default:
				moved = append(moved, vision.Part{Kind: p.Kind, Tensor: s.tensor(k, b.Scope, d.config.device)})
				places = append(places, k)
			}
		}
		d.config.batchTfms.ApplyParts(moved, rng, d.split, d.seen)
		for i, k := range places {
			all[k] = moved[i].Tensor
		}
		b.Xs = all[:d.ds.inputs]
		for _, y := range all[d.ds.inputs:] {
			if y != nil {
				b.Ys = append(b.Ys, y)
			}
		}
	})
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// checkSlot returns why the slot's items can't be a batch: they couldn't be read, or are of several sizes.
func (d *ItemLoader) checkSlot(s *slot) error {
	for i, err := range s.errs {
		if err := cmp.Or(d.report(s.skipped[i]), err); err != nil {
			return err
		}
	}
	for k := range d.ds.parts {
		source := func(i int) string { return d.ds.parts[k].sources[s.items[i]] }
		for i, z := range s.parts[k].images {
			if a := s.parts[k].images[0]; a.W != z.W || a.H != z.H {
				return fmt.Errorf("data: pictures of different sizes in one batch, %d×%d (%s) and %d×%d (%s): add vision.Resize to ItemTfms",
					a.W, a.H, source(0), z.W, z.H, source(i))
			}
		}
		for i, z := range s.parts[k].points {
			if a := s.parts[k].points[0]; len(a) != len(z) {
				return fmt.Errorf("data: %d points of %s and %d of %s in one batch", len(a)/2, source(0), len(z)/2, source(i))
			}
		}
	}
	return nil
}

// tensor is what a batch has of part k, in its scope and on the device: pictures N×C×H×W uint8, points N×K×2.
func (s *slot) tensor(k int, scope *torch.Scope, device torch.Device) *torch.Tensor {
	p := &s.parts[k]
	if p.points != nil {
		host := torch.FromSlice(scope, slices.Concat(p.points...), int64(len(p.points)), int64(len(p.points[0])/2), 2)
		defer host.Close()
		return host.To(device)
	}
	pixels := p.batch().MoveTo(scope)
	planes := pixels.Permute(0, 3, 1, 2)
	pixels.Close()
	defer planes.Close()
	return planes.ToNonBlocking(device)
}

// batch is the part's pictures, N×H×W×C uint8, as a tensor that its caller closes.
func (s *slotPart) batch() *torch.Tensor {
	first, n := &s.images[0], len(s.images)
	size := len(first.Pix)
	pixels := s.pixels
	if s.pixels = nil; pixels == nil {
		pixels = (*torch.Scope)(nil).With(torch.Uint8).Empty(int64(n), int64(first.H), int64(first.W), int64(first.C))
	}
	pixels.WithBytes(func(memory []byte) {
		for i := range n {
			if to := memory[i*size:][:size]; unsafe.SliceData(to) != unsafe.SliceData(s.images[i].Pix) {
				copy(to, s.images[i].Pix)
			}
		}
	})
	return pixels
}
