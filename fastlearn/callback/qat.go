package callback

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/preserve"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// QAT is a callback for models that lose too much in int8: it trains, and validates, a model as [fastlearn.Int8] has the predictor compute it, by
// [plan.FakeQuantize], so that the weights learn to do with bytes (quantization-aware training, PyTorch's torch.ao.quantization.prepare_qat). fastai has none.
// It is for an epoch or a few of a model that is trained, at a small rate:
//
//	qat := callback.QAT()
//	err = learn.Fit(ctx, 2, fastlearn.LR(1e-4), fastlearn.Callbacks(qat))
//	path, err = learn.Export("flowers", fastlearn.Int8(nil, 0, qat.Ranges()))
//
// Between which numbers values lie is measured on the first batch of training, and then follows each batch by a hundredth of the difference (PyTorch's
// MovingAverageMinMaxObserver); checkpoints keep it, and so do later fits with the same callback. Norms keep their statistics, dropout rests, hooks of the model's parts see nothing, and
// passes are in float32, also in mixed precision. The model must be one whose forward pass can be a graph, see [nn.Trace]. Of
// several processes each follows its own batches. opts are [plan.FloatFirst] and [plan.FloatLast].
func QAT(opts ...plan.FloatOption) Quantized { return &qat{opts: opts} }

// Quantized is what [QAT] returns: a callback that tells what it measured.
type Quantized interface {
	fastlearn.Callback
	// Ranges returns what [fastlearn.Int8] needs in place of a loader. Before the first batch of training Export then returns an error.
	Ranges() plan.CalibrateOption
}

// follow is how far ranges go towards a batch's, as in PyTorch.
const follow = 0.01

type qat struct {
	opts   []plan.FloatOption
	ranges []*graph.Range          // by the values' numbers; nil: nothing was measured
	graphs map[string]*graph.Graph // by the shapes of pictures; their ranges are ranges
	model  nn.Module               // the learner's, while another is in its place
}

// Order is the last: between what it puts into the model's place before a batch and the pass no other callback looks, or leaves the batch out.
func (*qat) Order() int { return math.MaxInt }

// NotInLRFind leaves the learning rate finder alone.
func (*qat) NotInLRFind() {}

func (q *qat) Identity() string { return fmt.Sprintf("QAT%v", q.opts) }

func (q *qat) Ranges() plan.CalibrateOption {
	known := make([]*graph.Range, len(q.ranges)) // which later batches change
	for i, r := range q.ranges {
		if r != nil {
			kept := *r
			known[i] = &kept
		}
	}
	if q.ranges == nil {
		known = nil
	}
	return plan.Ranges(known, q.opts...)
}

// BeforeFit forgets graphs: the model may be another.
func (q *qat) BeforeFit(*fastlearn.Learner) error {
	q.graphs = map[string]*graph.Graph{}
	return nil
}

// BeforeBatch puts what runs the model in bytes into its place, until it runs.
func (q *qat) BeforeBatch(l *fastlearn.Learner) error {
	if err := q.putBack(l); err != nil {
		return err
	}
	if l.Training || q.ranges != nil {
		q.model, l.Model = l.Model, &inBytes{q: q, l: l}
	}
	return nil
}

// AfterCancelBatch puts the model back where one of the same order left a batch out.
func (q *qat) AfterCancelBatch(l *fastlearn.Learner) error { return q.putBack(l) }

// AfterFit does so, too, and lets graphs go.
func (q *qat) AfterFit(l *fastlearn.Learner) error {
	q.graphs = nil
	return q.putBack(l)
}

func (q *qat) putBack(l *fastlearn.Learner) error {
	if q.model != nil {
		l.Model, q.model = q.model, nil
	}
	return nil
}

// inBytes stands in a learner's model's place for one pass.
type inBytes struct {
	nn.Base
	q *qat
	l *fastlearn.Learner
}

// Forward is that of one input.
func (m *inBytes) Forward(x *torch.Tensor) *torch.Tensor { return m.ForwardAll(x) }

// ForwardAll puts the model back and runs it.
func (m *inBytes) ForwardAll(xs ...*torch.Tensor) (y *torch.Tensor) {
	_ = m.q.putBack(m.l)
	var err error
	torch.Autocast(m.l.DLs.Device, torch.Float32, func() { y, err = m.q.run(m.l, xs) })
	if err != nil {
		panic(fmt.Errorf("QAT: %w", err)) // which the pass's guard returns
	}
	return y
}

func (q *qat) run(l *fastlearn.Learner, xs []*torch.Tensor) (*torch.Tensor, error) {
	weights := nn.StateMap(l.Model)
	g, err := q.graph(l.Model, weights, xs)
	if err != nil {
		return nil, err
	}
	s := torch.NewScope()
	defer s.Close()
	var ranges []*graph.Range
	var extremes []*torch.Tensor
	var observe func(r *graph.Range, t *torch.Tensor)
	if l.Training {
		observe = func(r *graph.Range, t *torch.Tensor) {
			both := torch.Call("aten::aminmax", t.Detach())
			for _, one := range both {
				extremes = append(extremes, one.(*torch.Tensor).MoveTo(s))
			}
			ranges = append(ranges, r)
		}
	}
	outputs, err := plan.FakeQuantize(g, weights, observe, xs...)
	if err != nil || len(ranges) == 0 {
		return one(outputs), err
	}
	seen := torch.ToSlice[float32](torch.Stack(0, extremes...)) // waits for a GPU once
	for i, r := range ranges {
		low, high := float64(seen[2*i]), float64(seen[2*i+1])
		if d := high - low; !math.IsNaN(d) && !math.IsInf(d, 0) { // what isn't finite shows in the loss
			r.Low += follow * (low - r.Low)
			r.High += follow * (high - r.High)
		}
	}
	return one(outputs), nil
}

func one(outputs []*torch.Tensor) *torch.Tensor {
	if len(outputs) == 0 {
		return nil
	}
	return outputs[0]
}

// graph is the model's for inputs like xs. The first one of a training measures its ranges by them.
func (q *qat) graph(model nn.Module, weights map[string]*torch.Tensor, xs []*torch.Tensor) (*graph.Graph, error) {
	shapes := ""
	for _, x := range xs {
		shapes += fmt.Sprint(x.Shape()[1:])
	}
	if g := q.graphs[shapes]; g != nil {
		return g, nil
	}
	defer preserve.Modes(model)()
	nn.Eval(model)
	g, err := nn.Trace(model, xs...)
	if err != nil {
		return nil, err
	}
	var opts []plan.CalibrateOption
	if q.ranges != nil {
		opts = append(opts, q.Ranges())
	} else {
		for _, o := range q.opts {
			opts = append(opts, o)
		}
	}
	batch := func(yield func([]*torch.Tensor, error) bool) { yield(xs, nil) }
	torch.NoGrad(func() { err = plan.Calibrate(g, weights, batch, opts...) })
	if err != nil {
		return nil, err
	}
	if q.ranges == nil {
		for _, v := range g.Values {
			q.ranges = append(q.ranges, v.Range)
		}
	}
	for i := range g.Values { // all graphs have the same
		g.Values[i].Range = q.ranges[i]
	}
	if q.graphs == nil {
		q.graphs = map[string]*graph.Graph{}
	}
	q.graphs[shapes] = g
	return g, nil
}

// State is the ranges.
func (q *qat) State(*fastlearn.Learner) (*pth.Dict, error) {
	at, low, high := pth.NewList(), pth.NewList(), pth.NewList()
	for i, r := range q.ranges {
		if r != nil {
			at.Items, low.Items, high.Items = append(at.Items, int64(i)), append(low.Items, r.Low), append(high.Items, r.High)
		}
	}
	d := pth.NewDict()
	d.Set("values", int64(len(q.ranges)))
	d.Set("at", at)
	d.Set("low", low)
	d.Set("high", high)
	return d, nil
}

// LoadState takes them over.
func (q *qat) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	n, ok := pth.Get[int64](d, "values")
	at, ok1 := pth.Get[*pth.List](d, "at")
	low, ok2 := pth.Get[*pth.List](d, "low")
	high, ok3 := pth.Get[*pth.List](d, "high")
	if !ok || !ok1 || !ok2 || !ok3 || n < 0 || n > 1<<20 || low.Len() != at.Len() || high.Len() != at.Len() {
		return fmt.Errorf("it isn't a list of ranges")
	}
	var ranges []*graph.Range
	if n > 0 {
		ranges = make([]*graph.Range, n)
	}
	for i := range at.Items {
		place, ok := at.Items[i].(int64)
		r, ok1, ok2 := graph.Range{}, false, false
		r.Low, ok1 = low.Items[i].(float64)
		r.High, ok2 = high.Items[i].(float64)
		if !ok || !ok1 || !ok2 || place < 0 || place >= n {
			return fmt.Errorf("the range %d of %d is none", i, at.Len())
		}
		ranges[place] = &r
	}
	q.ranges, q.graphs = ranges, map[string]*graph.Graph{}
	return nil
}
