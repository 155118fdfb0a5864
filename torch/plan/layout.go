package plan

import (
	"cmp"
	"maps"
	"runtime"

	"github.com/fastlearn-go/fastlearn/torch"
)

// layouts are those in which oneDNN wants one convolution's weight. Which one that is depends on how many pictures there are for a thread, and a
// weight in another one is laid out anew in each run, which can take longer than the convolution.
type layouts struct {
	key   string // of the weight in the plan's graph
	shape []int64
	dtype torch.DType
	pack  func(weight *torch.Tensor, batch int64) *torch.Tensor
	laid  map[string]*torch.Tensor // by their descriptions
}

// manyPictures is how many there are for each thread where a layout is wanted for many.
const manyPictures = 16

// vary notes a weight that, for few pictures on all processors or for many on each, has other layouts than that of the plan, where it has key.
func (b *builder) vary(key string, weight *torch.Tensor, pack func(weight *torch.Tensor, batch int64) *torch.Tensor) {
	v := &layouts{key, weight.Shape(), weight.DType(), pack, map[string]*torch.Tensor{description(b.weights[key]): b.weights[key]}}
	runtime.LockOSThread() // whose number of threads changes
	defer runtime.UnlockOSThread()
	defer torch.SetNumThreads(torch.NumThreads())
	torch.SetNumThreads(max(torch.NumThreads(), runtime.GOMAXPROCS(0)))
	for _, batch := range []int64{1, manyPictures * int64(torch.NumThreads())} {
		if other := pack(weight, batch); v.laid[description(other)] == nil {
			v.laid[description(other)] = other.MoveTo(b.own)
		} else {
			other.Close()
		}
	}
	if len(v.laid) > 1 {
		b.varying = append(b.varying, v)
	}
}

// description is oneDNN's of a weight's layout.
func description(laid *torch.Tensor) string {
	t := torch.Call("mkldnn::_get_mkldnn_serialized_md", laid)[0].(*torch.Tensor)
	defer t.Close()
	return string(torch.ToSlice[uint8](t))
}

// wanted returns the description of the layout for a batch on as many threads as run now.
func (v *layouts) wanted(batch int64) string {
	s := torch.NewScope()
	defer s.Close()
	return description(v.pack(s.With(v.dtype).Zeros(v.shape...), batch))
}

// situation is what layouts depend on.
type situation struct {
	batch   int64
	threads int
}

// fitting returns what runs the plan for a batch on as many threads as run now, with weights in the layouts for these.
func (p *Plan) fitting(inputs []*torch.Tensor) (r *torch.Replayer, err error) {
	if len(p.varying) == 0 || len(inputs) == 0 {
		return p.run, nil
	}
	failure := torch.Try(func() {
		torch.NoGrad(func() {
			if inputs[0].Dim() == 0 { // which Run refuses
				r = p.run
				return
			}
			r, err = p.fittingTo(situation{inputs[0].Size(0), torch.NumThreads()})
		})
	})
	return r, cmp.Or(err, failure)
}

func (p *Plan) fittingTo(now situation) (*torch.Replayer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.fits[now]; r != nil {
		return r, nil
	}
	weights, all := maps.Clone(p.weights), ""
	for _, v := range p.varying {
		if laid := v.laid[v.wanted(now.batch)]; laid != nil {
			weights[v.key] = laid
		}
		all += description(weights[v.key])
	}
	r := p.runs[all]
	if r == nil {
		var err error
		if r, err = torch.NewReplayer(p.graph, weights); err != nil {
			return nil, err
		}
		r.AnySize = p.run.AnySize
		p.runs[all] = r
	}
	p.fits[now] = r
	return r, nil
}
