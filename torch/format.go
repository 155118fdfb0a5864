package torch

import (
	"fmt"
	"math"
	"strings"
)

// How numbers print, as torch.set_printoptions has it by default.
const (
	printPrecision = 4    // digits behind the point
	printThreshold = 1000 // elements; of more the edges alone are printed
	printEdge      = 3    // elements at each end of a dimension
	printWidth     = 80   // of a line
)

// String returns the tensor as PyTorch prints it: "tensor([[1., 2.],\n        [3., 4.]])", the edges alone of more than 1,000
// elements, with the dtype and the device where they aren't the usual ones, and requires_grad=True in place of PyTorch's
// grad_fn. A GPU is waited for. A nil or closed tensor is "tensor(nil)" or "tensor(closed)".
func (t *Tensor) String() string {
	if t == nil || t.c == nil || t.scope != nil && t.scope.closed {
		return "tensor(" + t.describe() + ")"
	}
	var text string
	if err := Try(func() { text = t.format() }); err != nil {
		return "tensor(" + t.describe() + ")" // of a dtype that has no numbers in Go
	}
	return text
}

func (t *Tensor) format() string {
	s := NewScope()
	defer s.Close()
	const prefix = "tensor("
	var suffixes []string
	if d := t.Device(); d.IsCUDA() {
		suffixes = append(suffixes, "device='"+d.String()+"'")
	}
	shape, dtype := t.Shape(), t.DType()
	body := "[]"
	usual := dtype == Float32
	if t.Numel() > 0 {
		usual = usual || dtype == Int64 || dtype == Bool
		p := printer{shape: shape, edges: t.Numel() > printThreshold}
		p.take(s, t)
		body = p.text(len(prefix), 0)
	} else if len(shape) != 1 {
		suffixes = append(suffixes, "size="+pythonTuple(shape))
	}
	if !usual {
		suffixes = append(suffixes, "dtype=torch."+dtype.String())
	}
	if t.RequiresGrad() {
		suffixes = append(suffixes, "requires_grad=True")
	}
	var b strings.Builder
	b.WriteString(prefix + body)
	last := len(prefix+body) - (strings.LastIndexByte(prefix+body, '\n') + 1)
	for _, suffix := range suffixes {
		if last+len(suffix)+2 > printWidth {
			b.WriteString(",\n" + strings.Repeat(" ", len(prefix)) + suffix)
			last = len(prefix) + len(suffix)
		} else {
			b.WriteString(", " + suffix)
			last += len(suffix) + 2
		}
	}
	return b.String() + ")"
}

func pythonTuple(shape []int64) string {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	if len(shape) == 1 {
		text += ","
	}
	return "(" + text + ")"
}

// printer formats the elements of a tensor, or those at its edges.
type printer struct {
	shape []int64
	edges bool     // print the edges of long dimensions alone
	cells []string // what is printed, in row-major order
	width int      // of a cell; NaN and infinity may be wider
	next  int
}

// cut tells whether only the edges of a dimension are printed.
func (p *printer) cut(dim int) bool { return p.edges && p.shape[dim] > 2*printEdge }

// take reads the elements that are printed.
func (p *printer) take(s *Scope, t *Tensor) {
	t = t.Detach().MoveTo(s)
	for d := range p.shape {
		if p.cut(d) {
			t = Cat(int64(d), t.Narrow(int64(d), 0, printEdge), t.Narrow(int64(d), p.shape[d]-printEdge, printEdge))
		}
	}
	switch dtype := t.DType(); {
	case dtype == Bool:
		for _, v := range ToSlice[bool](t) {
			p.cells = append(p.cells, map[bool]string{false: "False", true: "True"}[v])
		}
	case dtype.IsFloatingPoint():
		p.formatFloats(ToSlice[float64](t.To(Float64)))
		return
	default:
		for _, v := range ToSlice[int64](t.To(Int64)) {
			p.cells = append(p.cells, fmt.Sprint(v))
		}
	}
	for _, c := range p.cells {
		p.width = max(p.width, len(c))
	}
}

// formatFloats writes numbers in one form: as integers with a point, with digits behind it, or with an exponent.
// Zeros, NaN and infinity have no say in it, nor in the width.
func (p *printer) formatFloats(values []float64) {
	p.width = 1
	special := func(v float64) bool { return v == 0 || math.IsNaN(v) || math.IsInf(v, 0) }
	integers, least, most := true, math.Inf(1), 0.0
	for _, v := range values {
		if special(v) {
			continue
		}
		integers = integers && v == math.Ceil(v)
		least, most = min(least, math.Abs(v)), max(most, math.Abs(v))
	}
	form := "%.*f"
	switch {
	case most > 0 && (most/least > 1000 || most > 1e8 || !integers && least < 1e-4):
		form = "%.*e"
	case integers:
		form = "%.0f."
	}
	for _, v := range values {
		var cell string
		switch {
		case math.IsNaN(v):
			cell = "nan"
		case math.IsInf(v, 0):
			cell = map[bool]string{true: "inf", false: "-inf"}[v > 0]
		case form == "%.0f.":
			cell = fmt.Sprintf(form, v)
		default:
			cell = fmt.Sprintf(form, printPrecision, v)
		}
		if !special(v) {
			p.width = max(p.width, len(cell))
		}
		p.cells = append(p.cells, cell)
	}
}

// text writes what is left from dimension dim on, in lines that begin at a column.
func (p *printer) text(indent, dim int) string {
	if dim == len(p.shape) {
		p.next++
		return fmt.Sprintf("%*s", p.width, p.cells[p.next-1])
	}
	n := int(p.shape[dim])
	var parts []string
	for i := range n {
		if p.cut(dim) && i >= printEdge && i < n-printEdge {
			if i == printEdge {
				parts = append(parts, "...")
			}
			continue
		}
		parts = append(parts, p.text(indent+1, dim+1))
	}
	newline := "\n" + strings.Repeat(" ", indent+1)
	if dim < len(p.shape)-1 {
		return "[" + strings.Join(parts, ","+strings.Repeat("\n", len(p.shape)-dim-1)+newline[1:]) + "]"
	}
	perLine := max(1, (printWidth-indent)/(p.width+2))
	var b strings.Builder
	for i, part := range parts {
		switch {
		case i == 0:
		case i%perLine == 0:
			b.WriteString("," + newline)
		default:
			b.WriteString(", ")
		}
		if part == "..." {
			part = " ..."
		}
		b.WriteString(part)
	}
	return "[" + b.String() + "]"
}
