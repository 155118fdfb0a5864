package data

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// part is one part of all items.
type part struct {
	*Encoding
	sources []string    // of all items; nil for targets that aren't known
	values  [][]float64 // what Encode made of them; nil for files
}

// newPart makes the part of items with these sources; where says in an error which item it is.
func newPart(e *Encoding, sources []string, where func(i int) string) (part, error) {
	p := part{Encoding: e, sources: sources}
	if e.isFile() || sources == nil {
		return p, nil
	}
	p.values = make([][]float64, len(sources))
	for i, s := range sources {
		v, err := e.numbers(s)
		if err != nil {
			return p, fmt.Errorf("%s: %w", where(i), err)
		}
		p.values[i] = v
	}
	return p, nil
}

// tensor is what a batch has of values, in scope s.
func (p *part) tensor(s *torch.Scope, items []int, device torch.Device) *torch.Tensor {
	n, shape := int64(len(items)), []int64{int64(len(items))}
	if p.Width > 0 {
		shape = append(shape, int64(p.Width))
	}
	var host *torch.Tensor
	if p.Class {
		classes := make([]int64, n)
		for i, item := range items {
			classes[i] = int64(p.values[item][0])
		}
		host = torch.FromSlice(s, classes, shape...)
	} else {
		var numbers []float32
		for _, item := range items {
			for _, v := range p.values[item] {
				numbers = append(numbers, float32(v))
			}
		}
		host = torch.FromSlice(s, numbers, shape...)
	}
	defer host.Close()
	return host.To(device)
}

// checkMask refuses a mask with classes that a model can't predict.
func (p *part) checkMask(m *vision.Image) error {
	if p.Kind != vision.Mask || p.Outputs == 0 {
		return nil
	}
	for _, class := range m.Pix {
		if int(class) >= p.Outputs && (p.Ignore == 0 || class != p.Ignore) {
			return fmt.Errorf("it has the class %d, and there are %d: the grey level of a mask's pixel is the number of its class", class, p.Outputs)
		}
	}
	return nil
}
