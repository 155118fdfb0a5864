package predictor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"

	"github.com/fastlearn-go/fastlearn/vision"
)

// joined is the most pictures of a PredictAll in a batch, where Batching says nothing.
const joined = 16

// request is a picture on its way through a predictor.
type request struct {
	ctx    context.Context
	path   string
	memory func(*vision.Reader, *vision.Image) error // reads the picture, if it is in memory
	join   bool                                      // into a batch with others that may be
	read   chan struct{}
	image  *vision.Image
	out    chan answer // has room for the one answer, which may be wanted no more
}

type answer struct {
	prediction Prediction
	err        error
}

// start begins the predictor's goroutines.
func (p *Predictor) start() {
	p.undecoded = make(chan *request)
	p.decoded = make(chan *request, max(p.config.maxBatch, joined))
	p.stopped = make(chan struct{})
	p.images.New = func() any { return &vision.Image{} }
	for range runtime.GOMAXPROCS(0) {
		p.decoders.Go(p.decodeAll)
	}
	for range p.config.workers {
		p.runners.Go((&runner{Predictor: p, rng: rand.New(rand.NewPCG(0, 0))}).runAll)
	}
}

// decodeAll decodes pictures until there are no more.
func (p *Predictor) decodeAll() {
	reader := &vision.Reader{Decoder: p.decoder, Tfms: p.itemTfms}
	for r := range p.undecoded {
		r.image = p.images.Get().(*vision.Image)
		err := r.decode(reader)
		close(r.read)
		if err != nil {
			p.answer(r, Prediction{}, err)
			continue
		}
		p.decoded <- r
	}
}

func (r *request) decode(reader *vision.Reader) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if r.memory == nil {
		if err := reader.Read(r.path, nil, vision.Valid, r.image); err != nil {
			return &PictureError{err}
		}
		return nil
	}
	if err := r.memory(reader, r.image); err != nil {
		return &PictureError{fmt.Errorf("picture in memory: %w", err)}
	}
	return nil
}

// answer ends a request; its picture's memory is used again.
func (p *Predictor) answer(r *request, out Prediction, err error) {
	p.images.Put(r.image)
	r.image = nil
	r.out <- answer{out, err}
}

// meaning names what the outputs of a picture say.
func (p *Predictor) meaning(probs []float64) Prediction {
	class, row := -1, probs
	switch p.decode {
	case "argmax":
		class, row = 0, nil
		for i, v := range probs {
			if v > probs[class] {
				class = i
			}
		}
	case "threshold":
		row = make([]float64, len(probs))
		for i, v := range probs {
			if float32(v) > p.threshold {
				row[i] = 1
			}
		}
	}
	return NewPrediction(probs, class, row, p.vocab)
}
