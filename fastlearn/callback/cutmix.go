package callback

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch"
)

// CutMix is a callback that trains on pictures of which a rectangle is another picture's of their
// batch, the same one in all of a batch; its size follows from a weight that is drawn from a beta
// distribution (alpha, alpha). For classes the losses are blended by the rectangle's part of the
// area, other targets themselves (Yun and others 2019; fastai's CutMix, whose alpha is 1).
func CutMix(alpha float64) fastlearn.Callback {
	return &cutMix{mixHandler{name: "CutMix", alpha: alpha}}
}

type cutMix struct{ mixHandler }

// BeforeBatch puts the rectangle of each picture's partner into it. What it makes lives in
// the batch's scope; the loader's own tensor is left alone.
func (m *cutMix) BeforeBatch(l *fastlearn.Learner) error {
	if err := m.oneTarget(l); err != nil {
		return err
	}
	if n := len(l.Xs); n > 1 {
		return fmt.Errorf("CutMix needs items of one picture; the batch has %d inputs", n)
	}
	if l.X().Dim() != 4 {
		return fmt.Errorf("CutMix needs pictures, N×C×H×W; the input is %v", l.X().Shape())
	}
	return torch.Try(func() {
		s, n, height, width := l.X().Scope(), l.X().Size(0), l.X().Size(2), l.X().Size(3)
		lam := float32(torch.SampleDirichlet(s.Full(m.alpha, 1, 2)).Select(1, 0).Item())
		order := s.RandPerm(n).To(l.X().Device())
		x1, y1, x2, y2 := cutBox(s, width, height, lam)
		if w, h := x2-x1, y2-y1; w > 0 && h > 0 {
			box := func(t *torch.Tensor) *torch.Tensor { return t.Narrow(2, y1, h).Narrow(3, x1, w) }
			from := box(l.X().IndexSelect(0, order))
			l.Xs[0] = l.X().Clone()
			box(l.X()).Copy_(from)
		}
		own := 1 - float64((x2-x1)*(y2-y1))/float64(width*height)
		m.mixTargets(l, order, s.With(torch.Float32, l.X().Device()).Full(own, 1))
	})
}

// cutBox draws a rectangle's middle; cut at the picture's edges it is 1-lam of the area or less.
// Sizes are rounded in float32, as fastai's are.
func cutBox(s *torch.Scope, width, height int64, lam float32) (x1, y1, x2, y2 int64) {
	ratio := float32(math.Sqrt(float64(1 - lam)))
	half := func(n int64) int64 { return int64(math.RoundToEven(float64(float32(n)*ratio))) / 2 }
	cx := s.RandInt(width, 1).ItemInt()
	cy := s.RandInt(height, 1).ItemInt()
	w, h := half(width), half(height)
	return max(cx-w, 0), max(cy-h, 0), min(cx+w, width), min(cy+h, height)
}
