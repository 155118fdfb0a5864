package predictor_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

// Whoever cancelled a call may change its bytes at once; the race detector watches.
func TestPredictorLetsGoOfBytes(t *testing.T) {
	files := fixture.ColourFolders(t, 8, "blue", "red")
	_, p := smallPredictor(t, files)
	var data bytes.Buffer // PNG, since the detector sees Go's decoders alone
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&data, image.NewRGBA(image.Rect(0, 0, 300, 300))); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		own := slices.Clone(data.Bytes())
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(50*i)*time.Microsecond)
		if _, err := p.PredictBytes(ctx, own); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("bytes: %v", err)
		}
		cancel()
		copy(own, data.Bytes()[1:]) // of clear the detector sees nothing
	}
}

// seenContext tells when a call has begun, which then asks for its error.
type seenContext struct {
	context.Context
	seen func()
}

func (c *seenContext) Err() error { c.seen(); return c.Context.Err() }

// Resident memory, threads and goroutines stay as they are over ten thousand requests.
func TestPredictorMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	files := fixture.ColourFolders(t, 8, "blue", "red")
	_, p := smallPredictor(t, files, predictor.Batching(16, 0))
	predict := func(n int) {
		var next atomic.Int64
		var callers sync.WaitGroup
		for range 16 {
			callers.Go(func() {
				for i := next.Add(1); i <= int64(n); i = next.Add(1) {
					if _, err := p.Predict(t.Context(), files[int(i)%len(files)]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		callers.Wait()
		runtime.GC()
	}
	predict(2000)
	rss, threads, live := parity.Status(t, "VmRSS"), parity.Status(t, "Threads"), torch.LiveTensors()
	predict(10000)
	grew := parity.Status(t, "VmRSS") - rss
	t.Logf("10000 requests: resident memory grew by %.1f MB of %.0f", float64(grew)/1e6, float64(rss)/1e6)
	if grew > 8e6 {
		t.Errorf("resident memory grew by %d bytes", grew)
	}
	if n := parity.Status(t, "Threads") - threads; n > 8 {
		t.Errorf("%d threads more", n)
	}
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors live", n)
	}
}

// What was freed in the C heap goes back to the system, while nothing is asked and between batches.
func TestPredictorGivesMemoryBack(t *testing.T) {
	collector.Off(t)
	files := fixture.ColourFolders(t, 8, "blue", "red")
	for _, c := range []struct {
		name string
		busy bool
	}{{"at rest", false}, {"at work", true}} {
		t.Run(c.name, func(t *testing.T) {
			_, p := smallPredictor(t, files)
			predict := func() {
				if _, err := p.Predict(t.Context(), files[0]); err != nil {
					t.Fatal(err)
				}
			}
			predict() // which gives back what loading left behind
			s := torch.NewScope()
			defer s.Close()
			s.Ones(6 << 20).Close() // from here on glibc keeps tensors of less than these 24 MB in its heap
			var between []*torch.Tensor
			for range 100 {
				between = append(between, s.Ones(1<<18)) // of 1 MB
				s.Ones(1 << 12)                          // which stays
			}
			for _, x := range between {
				x.Close()
			}
			freed := parity.Status(t, "VmRSS")
			predict()
			parity.Until(t, "half of the freed memory is given back", func() bool {
				if c.busy { // never at rest for so long that it would be for that
					predict()
				}
				return parity.Status(t, "VmRSS") < freed-50<<20
			})
		})
	}
}
