package data

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Summary shows on w what becomes of the items: the split and the vocabulary, each step
// of the first picture to train on, and each step of a first batch of four, with shapes
// (fastai's DataBlock.summary). An error says at which step it ended.
func (b Block[T]) Summary(ctx context.Context, w io.Writer, items []T, opts ...LoaderOption) error {
	opts = append([]LoaderOption{BatchSize(4)}, opts...)
	c := newDataConfig(b.ItemTfms, b.BatchTfms, append(opts, NoShuffle()))
	if err := c.check(); err != nil {
		return err
	}
	train, valid, err := b.datasets(items, &c)
	if err != nil {
		return err
	}
	s := &summary{w: w}
	s.line("items", "%d: %d to train on, %d to validate on", len(items), len(train.paths), len(valid.paths))
	if vocab := train.encoding.vocab; vocab != nil {
		s.line("vocabulary", "%d: %s", len(vocab), shortened(vocab))
	}
	if err := s.item(train, c); err != nil {
		return err
	}
	dl, err := newDataLoader(train, vision.Train, c)
	if err != nil {
		return err
	}
	defer dl.Close()
	dl.seen = s.tensor
	fmt.Fprintf(w, "\na batch of %d\n", c.batchSize)
	batch, err := dl.OneBatch(ctx)
	if err != nil {
		return err
	}
	defer batch.Close()
	s.tensor("targets", batch.Y)
	return s.err
}

type summary struct {
	w   io.Writer
	err error
}

func (s *summary) line(name, format string, args ...any) {
	if _, err := fmt.Fprintf(s.w, "%-26s %s\n", name, fmt.Sprintf(format, args...)); s.err == nil {
		s.err = err
	}
}

// item shows the steps of the first picture.
func (s *summary) item(ds *dataset, c dataConfig) error {
	path := ds.paths[0]
	fmt.Fprintf(s.w, "\nthe first item\n")
	s.line("  file", "%s", path)
	picture, err := ds.decoder.Open(path)
	if err != nil {
		return err
	}
	s.line("  decoded", "%d×%d×%d uint8 (H×W×C)", picture.H, picture.W, picture.C)
	rng := rand.New(rand.NewPCG(torch.RandomSeed(), 0))
	c.itemTfms.Sizes(picture.W, picture.H, rng, vision.Train, func(name string, w, h int) {
		s.line("  "+name, "%d×%d×%d uint8", h, w, picture.C)
	})
	if vocab := ds.encoding.vocab; ds.encoding.class {
		s.line("  target", "%d, %s", int(ds.targets[0][0]), vocab[int(ds.targets[0][0])])
	} else {
		s.line("  target", "%v", ds.targets[0])
	}
	return nil
}

// tensor shows what a step leaves.
func (s *summary) tensor(name string, t *torch.Tensor) {
	shape := make([]string, t.Dim())
	for i, n := range t.Shape() {
		shape[i] = fmt.Sprint(n)
	}
	values := t.To(torch.Float64)
	defer values.Close()
	least, most := values.Min(), values.Max()
	defer least.Close()
	defer most.Close()
	s.line("  "+name, "%s %s, %.3g to %.3g", strings.Join(shape, "×"), t.DType(), least.Item(), most.Item())
}

func shortened(vocab []string) string {
	const most = 10
	if len(vocab) > most {
		return strings.Join(vocab[:most], ", ") + ", …"
	}
	return strings.Join(vocab, ", ")
}
