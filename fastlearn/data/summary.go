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
	s.line("items", "%d: %d to train on, %d to validate on", len(items), len(train.files()), len(valid.files()))
	if vocab := train.target().Vocab; vocab != nil {
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
	for _, x := range batch.Xs[1:] {
		s.tensor("input", x)
	}
	for _, y := range batch.Ys {
		s.tensor("targets", y)
	}
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
	path := ds.files()[0]
	fmt.Fprintf(s.w, "\nthe first item\n")
	s.line("  file", "%s", path)
	picture, err := ds.parts[0].Decoder.Open(path)
	if err != nil {
		return err
	}
	s.line("  decoded", "%d×%d×%d uint8 (H×W×C)", picture.H, picture.W, picture.C)
	rng := rand.New(rand.NewPCG(torch.RandomSeed(), 0))
	err = c.itemTfms.Sizes(picture.W, picture.H, rng, vision.Train, func(name string, w, h int) {
		s.line("  "+name, "%d×%d×%d uint8", h, w, picture.C)
	})
	if err != nil {
		return err
	}
	for i, p := range ds.parts[1:] {
		name := "  " + ds.role(i+1)
		switch {
		case p.isFile():
			s.line(name, "%s", p.sources[0])
		case p.Class && p.Vocab != nil:
			s.line(name, "%d, %s", int(p.values[0][0]), p.Vocab[int(p.values[0][0])])
		default:
			s.line(name, "%v", p.values[0])
		}
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
