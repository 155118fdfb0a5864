package vision

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// BenchmarkRead is a photograph of about 500 × 375 from its file to 224 × 224.
func BenchmarkRead(b *testing.B) {
	files, _ := GetImageFiles(parity.Shared(b, "photos"))
	var some []string
	for _, f := range files {
		if m, err := Open(f); err == nil && max(m.W, m.H) <= 640 {
			some = append(some, f)
		}
	}
	r := Reader{Tfms: Item(Resize(224))}
	rng := rand.New(rand.NewPCG(1, 2))
	var m Image
	for i := 0; b.Loop(); i++ {
		if err := r.Read(some[i%len(some)], rng, Train, &m); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkResize is the resizing alone, 375 × 375 to 224 × 224.
func BenchmarkResize(b *testing.B) {
	m := Image{}
	m.resize(375, 375, 3)
	out := Image{}
	s := Step{W: 375, H: 375, OutW: 224, OutH: 224}
	sc := &scratch{}
	for b.Loop() {
		sc.reset()
		s.apply(&m, &out, sc)
	}
}

// BenchmarkToFloat is a batch of 64 at 224 from bytes to floats.
func BenchmarkToFloat(b *testing.B) {
	s := torch.NewScope()
	defer s.Close()
	pixels := s.With(torch.Uint8).Zeros(64, 224, 224, 3)
	x := pixels.Permute(0, 3, 1, 2)
	tfms := Batch()
	for b.Loop() {
		tfms.Apply(x.In(x.Scope()), nil, Train).Close()
	}
}

// BenchmarkAugTransforms is a batch of 64 at 256 to 224.
func BenchmarkAugTransforms(b *testing.B) {
	for name, tfms := range parity.Sorted(map[string]BatchTransforms{
		"plain": AugTransforms(Size(224)), "crop": AugTransforms(Size(224), MinScale(0.75)), "crop once": AugTransforms(Size(224), MinScale(0.75)).Sampled(SamplingOnce),
	}) {
		b.Run(name, func(b *testing.B) {
			s := torch.NewScope()
			defer s.Close()
			x := s.With(torch.Uint8).Zeros(64, 256, 256, 3).Permute(0, 3, 1, 2)
			tfms := tfms.With(Normalize(ImageNetStats()))
			rng := rand.New(rand.NewPCG(1, 2))
			spent := map[string]time.Duration{}
			for b.Loop() {
				last := time.Now()
				tfms.ApplyEach(x.In(x.Scope()), rng, Train, func(name string, _ *torch.Tensor) {
					spent[name] += time.Since(last)
					last = time.Now()
				}).Close()
			}
			for name, d := range spent { // milliseconds of each step
				b.ReportMetric(float64(d.Microseconds())/1000/float64(b.N), strings.ReplaceAll(name, ", ", "+")+"-ms")
			}
		})
	}
}
