package plan

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
)

// histograms count how a value's elements lie between its least and largest.
type histograms struct {
	ranges map[graph.Ref]graph.Range
	counts map[graph.Ref][]float64
}

const bins = 4096

func (h *histograms) see(at graph.Ref, t *torch.Tensor) {
	seen, ok := h.ranges[at]
	if !ok || t == nil || seen.High <= seen.Low {
		return
	}
	counted := torch.Call("aten::histc", t, int64(bins), seen.Low, seen.High)[0].(*torch.Tensor)
	defer counted.Close()
	if h.counts[at] == nil {
		h.counts[at] = make([]float64, bins)
	}
	for i, n := range torch.ToSlice[float32](counted) {
		h.counts[at][i] += float64(n)
	}
}

// cut leaves the given part of the elements out, at each end.
func (h *histograms) cut(part float64) {
	for at, counts := range h.counts {
		total := 0.0
		for _, n := range counts {
			total += n
		}
		if total == 0 { // the second run saw other batches
			continue
		}
		r := h.ranges[at]
		width := (r.High - r.Low) / bins
		low, high := 0, bins
		for n := counts[low]; n <= part*total; n += counts[low] {
			low++
		}
		for n := counts[high-1]; n <= part*total; n += counts[high-1] {
			high--
		}
		h.ranges[at] = graph.Range{Low: r.Low + float64(low)*width, High: r.Low + float64(high)*width}
	}
}
