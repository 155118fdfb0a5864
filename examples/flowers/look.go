package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/vision"
)

// look shows the pictures before anything is trained.
func (f *flow) look(ctx context.Context) error {
	if err := f.sizes(); err != nil {
		return err
	}
	if err := f.crops(); err != nil {
		return err
	}
	dls, err := f.presized()
	if err != nil {
		return err
	}
	defer dls.Close()
	train := dls.Train.(*data.ItemLoader)
	fig, err := plot.Batch(ctx, train, 9)
	if err := f.saved("batch.png", fig, err); err != nil {
		return err
	}
	one, err := train.NewDL(data.Unique())
	if err != nil {
		return err
	}
	defer one.Close()
	fig, err = plot.Batch(ctx, one, 9)
	return f.saved("unique.png", fig, err)
}

// sizes says how large the pictures are.
func (f *flow) sizes() error {
	var ws, hs []int
	x := data.ColReader("name", data.Prefix(f.dir))
	for _, row := range f.rows {
		file, err := x(row)
		if err != nil {
			return err
		}
		w, h, err := vision.SizeOf(file)
		if err != nil {
			return err
		}
		ws, hs = append(ws, w), append(hs, h)
	}
	slices.Sort(ws)
	slices.Sort(hs)
	last := len(ws) - 1
	if last < 0 {
		return fmt.Errorf("there are no pictures in %s", f.dir)
	}
	fmt.Printf("%d pictures, widths %d … %d … %d, heights %d … %d … %d pixels (least, median, most)\n",
		len(ws), ws[0], ws[last/2], ws[last], hs[0], hs[last/2], hs[last])
	return nil
}

// crops shows a picture beside three of the random crops that training sees of it.
func (f *flow) crops() error {
	rng := rand.New(rand.NewPCG(f.flags.seed, 0))
	file, err := data.ColReader("name", data.Prefix(f.dir))(f.rows[rng.IntN(len(f.rows))])
	if err != nil {
		return err
	}
	whole, err := vision.Open(file)
	if err != nil {
		return err
	}
	tiles := []plot.Tile{{Picture: whole.ToGo(), Lines: []string{fmt.Sprintf("%d×%d", whole.W, whole.H)}}}
	reader := vision.Reader{Tfms: vision.Item(vision.Resize(f.presize))}
	for range 3 {
		var crop vision.Image
		if err := reader.Read(file, rng, vision.Train, &crop); err != nil {
			return err
		}
		tiles = append(tiles, plot.Tile{Picture: crop.ToGo(), Lines: []string{fmt.Sprintf("Resize(%d)", f.presize)}})
	}
	fig, err := plot.Row(tiles)
	return f.saved("crops.png", fig, err)
}
