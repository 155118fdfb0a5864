package vision

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Every transform draws its parameters as fastai's does: two-sample Kolmogorov–Smirnov
// on 10,000 draws of each.
func TestDrawsAreDistributedAsFastais(t *testing.T) {
	const n = 10_000
	var want map[string][]float64
	parity.Python(t, "draws.py", n, &want)
	got := ourDraws(n)
	for name, theirs := range want {
		ours, ok := got[name]
		if !ok {
			t.Errorf("%s: nothing of ours to compare", name)
			continue
		}
		// The distance that one pair in 10,000 of the same distribution exceeds.
		if d, most := kolmogorovSmirnov(ours, theirs), 2.23*math.Sqrt(2.0/n); d > most {
			t.Errorf("%s: the distributions are %.4f apart, at most %.4f expected", name, d, most)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d kinds of draws, Python has %d", len(got), len(want))
	}
	if d := kolmogorovSmirnov([]float64{1, 2, 3, 4}, []float64{3, 4, 5, 6}); d != 0.5 {
		t.Errorf("the test itself finds %v, want 0.5", d)
	}
}

func ourDraws(n int) map[string][]float64 {
	rng := rand.New(rand.NewPCG(5, 6))
	out := map[string][]float64{}
	note := func(name string, v float64) { out[name] = append(out[name], v) }
	maps := func(b BatchTransform) []mat3 {
		t := b.(*affineTfm)
		return append(slices.Clone(t.affine), t.perspective...)[0](rng, n)
	}
	for _, m := range maps(Flip(0.5)) {
		note("flip", m[0])
	}
	for _, m := range maps(Dihedral(0.5)) {
		note("dihedral", m[0]*8+m[1]*4+m[3]*2+m[4])
	}
	for _, m := range maps(Rotate(10, 0.75)) {
		note("rotate", m[1])
	}
	for _, m := range maps(Zoom(1, 1.1, 0.75)) {
		note("zoom", m[0])
		note("zoom x", m[2])
		note("zoom y", m[5])
	}
	for _, m := range maps(Warp(0.2, 0.75)) {
		note("warp 0", m[0])
		note("warp 4", m[4])
		note("warp 6", m[6])
		note("warp 7", m[7])
	}
	lights := func(b BatchTransform) []light { return b.(*lightingTfm).draws[0](rng, n) }
	for _, l := range lights(Brightness(0.2, 0.75)) {
		note("brightness", 1/(1+math.Exp(-l.shift)))
	}
	for _, l := range lights(Contrast(0.2, 0.75)) {
		note("contrast", l.scale)
	}
	for _, l := range lights(Saturation(0.2, 0.75)) {
		note("saturation", l.scale)
	}
	for _, d := range draws(rng, n, false, Hue(0.1, 0.75).(*hueTfm).draw) {
		note("hue", d)
	}
	crop := RandomResizedCropGPU(28, 28, MinScale(0.3)).(*cropTfm)
	item, resize := RandomResizedCrop(28, 28), Resize(40)
	random, flip, dihedral := RandomCrop(120, 50), FlipItem(0.3), DihedralItem(0.6)
	erase := RandomErasing(1).(*erasing)
	turn := func(tfm ItemTransform) float64 {
		if plan := tfm.Plan(97, 61, rng, Train); len(plan) > 0 {
			return float64(plan[0].Turn)
		}
		return 0
	}
	for range n {
		r := crop.region(97, 61, rng, Train)
		note("crop x", float64(r.x))
		note("crop y", float64(r.y))
		note("crop w", float64(r.w))
		note("crop h", float64(r.h))
		s := item.Plan(97, 61, rng, Train)[0]
		note("rrc x", float64(s.X))
		note("rrc y", float64(s.Y))
		note("rrc w", float64(s.W))
		note("rrc h", float64(s.H))
		note("resize x", float64(resize.Plan(97, 61, rng, Train)[0].X))
		s = random.Plan(97, 61, rng, Train)[0]
		note("random crop x", float64(s.X))
		note("random crop y", float64(s.Y))
		note("flip item", turn(flip))
		note("dihedral item", turn(dihedral))
		e := erase.regions(97, 61, rng)[0]
		note("erase x", float64(e.x))
		note("erase y", float64(e.y))
		note("erase w", float64(e.w))
		note("erase h", float64(e.h))
	}
	return out
}

// kolmogorovSmirnov is the greatest distance between the two samples' distribution functions.
func kolmogorovSmirnov(a, b []float64) float64 {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	i, j, worst := 0, 0, 0.0
	for i < len(a) && j < len(b) {
		v := min(a[i], b[j])
		for i < len(a) && a[i] <= v+1e-6 { // Python's are float32
			i++
		}
		for j < len(b) && b[j] <= v+1e-6 {
			j++
		}
		worst = max(worst, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return worst
}
