package predictor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/conv"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/sharing"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
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
		p.runners.Go(p.runAll)
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

// runAll runs batches on one OS thread until there are no more.
func (p *Predictor) runAll() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	rng := rand.New(rand.NewPCG(0, 0)) // validation draws nothing
	torch.NoGrad(func() {
		var batch []*request
		var next *request
		threads := sharing.Begin(p.config.device)
		defer threads.End()
		for more := true; more; {
			first := next
			next = nil
			if first == nil {
				if first, more = <-p.decoded; !more {
					return
				}
			}
			batch, next = p.gather(batch[:0], first)
			threads.Adjust()
			p.runBatch(batch, rng)
			clear(batch)
		}
	})
}

// gather joins what waits to first, and returns with it what didn't fit, if anything.
func (p *Predictor) gather(batch []*request, first *request) (_ []*request, next *request) {
	batch = append(batch, first)
	limit, all := p.config.maxBatch, p.config.maxBatch > 1
	if first.join {
		limit = max(limit, joined)
	}
	if limit == 1 {
		return batch, nil
	}
	var timeout <-chan time.Time
	if all && p.config.maxDelay > 0 {
		timeout = time.After(p.config.maxDelay)
	}
	for len(batch) < limit {
		var r *request
		var more bool
		select {
		case r, more = <-p.decoded:
		default:
			if timeout == nil {
				return batch, nil
			}
			select {
			case r, more = <-p.decoded:
			case <-timeout:
				return batch, nil
			}
		}
		if !more {
			return batch, nil
		}
		a, b := first.image, r.image
		if !(all || first.join && r.join) || a.W != b.W || a.H != b.H {
			return batch, r
		}
		batch = append(batch, r)
	}
	return batch, nil
}

// runBatch predicts a batch and answers. Where it fails each picture is tried by itself, so that one alone is blamed; where
// there was no memory for it, its halves.
func (p *Predictor) runBatch(batch []*request, rng *rand.Rand) {
	n := 0
	for _, r := range batch {
		if err := r.ctx.Err(); err != nil {
			p.answer(r, Prediction{}, err)
			continue
		}
		batch[n] = r
		n++
	}
	if batch = batch[:n]; n == 0 {
		return
	}
	rows, err := p.run(batch, rng)
	if err != nil && n > 1 {
		part := 1
		if errors.Is(err, torch.ErrOutOfMemory) {
			part = (n + 1) / 2
		}
		for some := range slices.Chunk(batch, part) {
			p.runBatch(some, rng)
		}
		return
	}
	for i, r := range batch {
		if err != nil {
			p.answer(r, Prediction{}, err)
			continue
		}
		if v, bad := conv.NotFinite(rows[i]); bad {
			p.answer(r, Prediction{}, &NotFiniteError{Tensors: p.notFinite, Outputs: true, File: cmp.Or(r.path, "in memory"), Value: v})
			continue
		}
		p.answer(r, p.meaning(rows[i]), nil)
	}
}

// run gives each picture of a batch its activated outputs.
func (p *Predictor) run(batch []*request, rng *rand.Rand) (rows [][]float64, err error) {
	err = guard.Call("run", p, func() error { rows, err = p.runOnce(batch, rng); return err }) // a server should not end for a model that panics
	return rows, err
}

func (p *Predictor) runOnce(batch []*request, rng *rand.Rand) (rows [][]float64, err error) {
	s := torch.NewScope()
	defer s.Close()
	err = torch.Try(func() {
		n, m := len(batch), batch[0].image
		pixels := s.With(torch.Uint8).Empty(int64(n), int64(m.H), int64(m.W), int64(m.C))
		pixels.WithBytes(func(memory []byte) {
			for i, r := range batch {
				copy(memory[i*len(m.Pix):], r.image.Pix)
			}
		})
		x := p.batchTfms.Apply(pixels.Permute(0, 3, 1, 2).To(p.config.device), rng, vision.Valid)
		y := p.forward(x)
		if p.config.tta {
			y = y.Add(p.forward(x.Flip(-1))).MulScalar(0.5)
		}
		rows = conv.Rows(y, int64(n))
	})
	if err != nil {
		err = fmt.Errorf("predictor: predict: %w", err)
	}
	return rows, err
}

// forward gives a batch its activated outputs.
func (p *Predictor) forward(x *torch.Tensor) *torch.Tensor {
	return p.activate(p.outputs(x).To(torch.Float32))
}

func (p *Predictor) activate(y *torch.Tensor) *torch.Tensor {
	switch p.activation {
	case "softmax":
		return y.Softmax(-1)
	case "sigmoid":
		return y.Sigmoid()
	}
	return y
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
