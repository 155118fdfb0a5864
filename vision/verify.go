package vision

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// BadImage is a file that isn't a picture, and why.
type BadImage struct {
	Path string
	Err  error
}

// VerifyImages decodes every file, several at a time, and lists those that can't be read,
// in their order (fastai's verify_images). It tells progress, unless nil, how many are
// done; the calls come one after the other.
func VerifyImages(ctx context.Context, files []string, progress func(done, total int)) ([]BadImage, error) {
	return Decoder{}.VerifyImages(ctx, files, progress)
}

// VerifyImages is the function of that name for pictures that d is to decode.
func (d Decoder) VerifyImages(ctx context.Context, files []string, progress func(done, total int)) ([]BadImage, error) {
	if err := guard.Context("vision: VerifyImages", ctx); err != nil {
		return nil, err
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.Cache = nil
	errs := make([]error, len(files))
	done := make(chan struct{}, len(files))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			// At a part of its size, where that shows as much.
			r, m := Reader{Decoder: d, Tfms: Item(ResizeTo(1, 1, Method(Squish)))}, Image{}
			for i := next.Add(1) - 1; int(i) < len(files) && ctx.Err() == nil; i = next.Add(1) - 1 {
				errs[i] = r.Read(files[i], nil, Valid, &m)
				done <- struct{}{}
			}
		})
	}
	go func() { workers.Wait(); close(done) }()
	n := 0
	for range done {
		if n++; progress != nil {
			if err := guard.Call("progress", progress, func() error { progress(n, len(files)); return nil }); err != nil {
				return nil, err
			}
		}
	}
	if err := outer.Err(); err != nil {
		return nil, err
	}
	var bad []BadImage
	for i, err := range errs {
		if err != nil {
			bad = append(bad, BadImage{files[i], err})
		}
	}
	return bad, nil
}
