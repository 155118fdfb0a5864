// Package datasets gets pictures to learn from: flowers that it draws itself, and
// published data sets.
//
//	err := datasets.DrawnFlowers(ctx, "flowers") // ten species, a folder for each, no network
//	dir, err := datasets.Flowers102(ctx)         // Oxford Flowers-102, where fastai keeps it
//
// Either does nothing where its pictures are already.
package datasets

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// DrawnOption changes a default of [DrawnFlowers].
type DrawnOption func(*drawn)

type drawn struct {
	perClass int
	seed     uint64
}

// PerClass sets the number of pictures of each species (default 100).
func PerClass(n int) DrawnOption { return func(d *drawn) { d.perClass = n } }

// Seed sets what the drawing starts from (default 1): the same seed draws the same
// pictures, byte for byte.
func Seed(seed uint64) DrawnOption { return func(d *drawn) { d.seed = seed } }

// stampFile marks a finished directory and says what it was drawn from.
const stampFile = ".drawn-flowers"

// DrawnFlowers draws flowers of ten species into dir, a JPEG file each, in a folder
// for each species, with a table labels.csv of their names and classes. Pictures are
// about 150 pixels high; background, scale, rotation and light vary. A finished
// directory is left alone, an interrupted one completed, and one that was drawn with
// other options refused.
func DrawnFlowers(ctx context.Context, dir string, opts ...DrawnOption) error {
	d := drawn{perClass: 100, seed: 1}
	if err := guard.Options("datasets: DrawnFlowers", opts, func(o DrawnOption) { o(&d) }); err != nil {
		return err
	}
	stamp := fmt.Sprintf("species %d, pictures of each %d, seed %d, version 1\n", len(allSpecies), d.perClass, d.seed)
	begun, err := diskfile.ReadFile(filepath.Join(dir, stampFile))
	switch {
	case err == nil && string(begun) == stamp+"finished\n":
		return nil
	case err == nil && string(begun) != stamp:
		return fmt.Errorf("datasets: %s holds flowers drawn with other options: remove it, or draw into another directory", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("datasets: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	if err := writeFile(filepath.Join(dir, stampFile), []byte(stamp)); err != nil {
		return err
	}
	if err := d.drawAll(ctx, dir); err != nil {
		return err
	}
	if err := d.writeLabels(dir); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, stampFile), []byte(stamp+"finished\n"))
}

func (d drawn) name(kind, i int) string {
	return fmt.Sprintf("%s/%s_%03d.jpg", allSpecies[kind].name, allSpecies[kind].name, i)
}

// drawAll draws the missing pictures on all processors.
func (d drawn) drawAll(ctx context.Context, dir string) error {
	for _, s := range allSpecies {
		if err := os.MkdirAll(filepath.Join(dir, s.name), 0o777); err != nil {
			return fmt.Errorf("datasets: %w", err)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan [2]int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for job := range jobs {
				path := filepath.Join(dir, filepath.FromSlash(d.name(job[0], job[1])))
				if _, err := os.Stat(path); err == nil || ctx.Err() != nil {
					continue
				}
				if err := writeFile(path, d.draw(job[0], job[1])); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range d.perClass * len(allSpecies) {
		jobs <- [2]int{i % len(allSpecies), i / len(allSpecies)}
	}
	close(jobs)
	workers.Wait()
	return context.Cause(ctx)
}

// draw makes one picture from a generator of its own.
func (d drawn) draw(kind, i int) []byte {
	r := rand.New(rand.NewPCG(d.seed, uint64(kind)<<32|uint64(i)))
	h := 140 + r.IntN(30)
	c := newCanvas(int(float64(h)*between(r, 0.85, 1.4)), h)
	c.background(r)
	s := allSpecies[kind]
	size := s.size * float64(h) * between(r, 0.75, 1.15)
	at := point{float64(c.w) * between(r, 0.38, 0.62), float64(h) * between(r, 0.36, 0.52)}
	s.draw(c, r, at, size, r.Float64()*2*math.Pi)
	strength, direction, bright := between(r, 0.05, 0.3), r.Float64()*2*math.Pi, between(r, 0.8, 1.12)
	sin, cos := math.Sincos(direction)
	picture := c.image(
		func(x, y float64) float64 { return bright * (1 + strength*((x-0.5)*cos+(y-0.5)*sin)) },
		func() float64 { return between(r, -0.02, 0.02) })
	var out bytes.Buffer
	_ = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90}) // a buffer takes everything
	return out.Bytes()
}

func (d drawn) writeLabels(dir string) error {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"name", "class"})
	for kind, s := range allSpecies {
		for i := range d.perClass {
			_ = w.Write([]string{d.name(kind, i), s.name})
		}
	}
	w.Flush()
	return writeFile(filepath.Join(dir, "labels.csv"), out.Bytes())
}

// writeFile writes all of a file or nothing.
func writeFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".writing-*")
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("datasets: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
