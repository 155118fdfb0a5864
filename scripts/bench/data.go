package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// picturesDir is where the loader's figures find their pictures, on both sides.
const picturesDir = "build/bench"

// makePictures links and enlarges photographs, those of $FASTLEARN_BENCH_PHOTOS or of
// ../shared/photos.
func makePictures() error {
	photos := os.Getenv("FASTLEARN_BENCH_PHOTOS")
	if photos == "" {
		photos = "../shared/photos"
	}
	if _, err := os.Stat(photos); err != nil {
		return fmt.Errorf("%w: set FASTLEARN_BENCH_PHOTOS to a folder of photographs", err)
	}
	cmd := exec.Command(os.Getenv("FASTLEARN_VENV_PYTHON"), "scripts/bench/photos.py", photos, picturesDir)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// openLoader measures an epoch of loading a folder: seconds a picture.
func openLoader(folder string) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		if err := makePictures(); err != nil {
			return nil, nil, err
		}
		files, err := vision.GetImageFiles(filepath.Join(picturesDir, folder))
		if err != nil {
			return nil, nil, err
		}
		block := data.Block[string]{
			GetY:     data.ParentLabel,
			Splitter: data.RandomSplitter(0.1, 42),
			ItemTfms: vision.Item(vision.Resize(224)),
		}
		dls, err := block.DataLoaders(files, data.BatchSize(min(64, len(files)/2)))
		if err != nil {
			return nil, nil, err
		}
		measure := func() (float64, error) {
			n, start := 0, time.Now()
			for b, err := range dls.Train.Batches(context.Background()) {
				if err != nil {
					return 0, err
				}
				n += len(b.Items)
				b.Close()
			}
			return time.Since(start).Seconds() / float64(n), nil
		}
		return measure, func() { dls.Close() }, nil
	}
}

// decodeWhole measures what libjpeg-turbo and the resizing take alone, of whole pictures on
// as many threads as there are processors: seconds a picture. (A loader that decodes only
// what it crops can take less.)
func decodeWhole(folder string) func() (float64, error) {
	return func() (float64, error) {
		files, err := vision.GetImageFiles(filepath.Join(picturesDir, folder))
		if err != nil {
			return 0, err
		}
		var workers sync.WaitGroup
		n, start := runtime.GOMAXPROCS(0), time.Now()
		errs := make([]error, n)
		for k := range n {
			workers.Go(func() {
				r := vision.Reader{Decoder: vision.Decoder{Full: true}, Tfms: vision.Item(vision.Resize(224, vision.Method(vision.Squish)))}
				var m vision.Image
				for i := k; i < len(files) && errs[k] == nil; i += n {
					errs[k] = r.Read(files[i], nil, vision.Valid, &m)
				}
			})
		}
		workers.Wait()
		return time.Since(start).Seconds() / float64(len(files)), errors.Join(errs...)
	}
}

// openAugment measures a batch's augmentation and normalisation, 64 at 256 to 224.
func openAugment(sampling vision.Sampling, opts ...vision.AugOption) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		s := torch.NewScope()
		pixels := s.With(torch.Uint8).Zeros(64, 256, 256, 3)
		pixels.WithBytes(fill)
		x := pixels.Permute(0, 3, 1, 2)
		mean, std := vision.ImageNetStats()
		tfms := vision.AugTransforms(opts...).With(vision.Normalize(mean, std)).Sampled(sampling)
		rng := rand.New(rand.NewPCG(1, 2))
		const n = 3
		measure := func() (float64, error) {
			start := time.Now()
			err := torch.Try(func() {
				for range n {
					step := s.Child()
					tfms.Apply(x.In(step), rng, vision.Train)
					step.Close()
				}
			})
			return time.Since(start).Seconds() / n, err
		}
		return measure, s.Close, nil
	}
}

// fill makes noise.
func fill(data []byte) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
}
