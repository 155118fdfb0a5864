package nn

import (
	"fmt"
	"math"
	"slices"

	"github.com/fastlearn-go/fastlearn/torch"
)

// RecurrentOptions are those of [NewRNN], [NewLSTM] and [NewGRU]; zero values are PyTorch's defaults.
type RecurrentOptions struct {
	Layers        int64 // 0 is 1
	NoBias        bool
	BatchFirst    bool    // N×L×in, otherwise L×N×in
	Dropout       float64 // between layers, of which there must be several, in training
	Bidirectional bool
	Nonlinearity  string // of an RNN: "tanh" ("" too) or "relu"
}

// recurrent is what RNN, LSTM and GRU are.
type recurrent struct {
	Base
	weights    []*torch.Tensor // registered in PyTorch's order and names
	in, hidden int64
	options    RecurrentOptions
	op         string // of aten
	states     int    // hidden ones: an LSTM has two
}

// The recurrent layers of torch.nn.
type (
	RNN  struct{ recurrent }
	LSTM struct{ recurrent }
	GRU  struct{ recurrent }
)

// NewRNN makes layers of Elman's, filled as PyTorch fills them.
func NewRNN(in, hidden int64, o RecurrentOptions) *RNN {
	check("rnn", o.Nonlinearity == "" || o.Nonlinearity == "tanh" || o.Nonlinearity == "relu", "unknown nonlinearity %q: want tanh or relu", o.Nonlinearity)
	m := &RNN{recurrent{in: in, hidden: hidden, options: o, op: "aten::rnn_tanh.input", states: 1}}
	if o.Nonlinearity == "relu" {
		m.op = "aten::rnn_relu.input"
	}
	m.fill(1)
	return m
}

// NewLSTM makes layers of long short-term memory, filled as PyTorch fills them.
func NewLSTM(in, hidden int64, o RecurrentOptions) *LSTM {
	m := &LSTM{recurrent{in: in, hidden: hidden, options: o, op: "aten::lstm.input", states: 2}}
	m.fill(4)
	return m
}

// NewGRU makes layers of gated recurrent units, filled as PyTorch fills them.
func NewGRU(in, hidden int64, o RecurrentOptions) *GRU {
	m := &GRU{recurrent{in: in, hidden: hidden, options: o, op: "aten::gru.input", states: 1}}
	m.fill(3)
	return m
}

func (m *recurrent) directions() int64 {
	if m.options.Bidirectional {
		return 2
	}
	return 1
}

// fill makes the parameters, of so many gates.
func (m *recurrent) fill(gates int64) {
	o := &m.options
	o.Layers = usual(o.Layers, 1)
	check("recurrent", m.in >= 1, "input_size must be greater than zero, got %d", m.in)
	check("recurrent", m.hidden >= 1, "hidden_size must be greater than zero, got %d", m.hidden)
	check("recurrent", o.Layers >= 1, "num_layers must be greater than zero, got %d", o.Layers)
	check("recurrent", o.Dropout >= 0 && o.Dropout <= 1, "dropout should be a number in range [0, 1], got %v", o.Dropout)
	check("recurrent", o.Dropout == 0 || o.Layers > 1, "Dropout is between layers, and would do nothing with one: want 2 Layers or more, or no Dropout")
	for layer := range o.Layers {
		in := m.in
		if layer > 0 {
			in = m.hidden * m.directions()
		}
		for d := range m.directions() {
			suffix := fmt.Sprint("_l", layer)
			if d == 1 {
				suffix += "_reverse"
			}
			add := func(name string, shape ...int64) {
				m.weights = append(m.weights, m.RegisterParameter(name+suffix, empty(shape...)))
			}
			add("weight_ih", gates*m.hidden, in)
			add("weight_hh", gates*m.hidden, m.hidden)
			if !o.NoBias {
				add("bias_ih", gates*m.hidden)
				add("bias_hh", gates*m.hidden)
			}
		}
	}
	bound := 1 / math.Sqrt(float64(m.hidden))
	for _, w := range m.weights {
		draw(func() { w.Uniform_(-bound, bound) })
	}
}

// Forward maps L×N×in, N×L×in with BatchFirst, or L×in of a single item, to the last layer's outputs, of hidden numbers for each direction.
func (m *recurrent) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	y, states := m.Run(x)
	for _, s := range states {
		s.Close()
	}
	return m.ran(x, y)
}

// Run is Forward from given states, layers·directions×N×hidden, which are 0 without, and returns those after the last
// place too: of an LSTM the hidden one and the cell's, otherwise the hidden one. A single item L×in has states without N.
func (m *recurrent) Run(x *torch.Tensor, states ...*torch.Tensor) (y *torch.Tensor, after []*torch.Tensor) {
	given(m)
	check("recurrent", m.states > 0, "make it by its constructor")
	check("recurrent", x.Dim() == 2 || x.Dim() == 3, "expected L×N×%d, N×L×%[1]d with BatchFirst or L×%[1]d, got %v", m.in, x.Shape())
	check("recurrent", x.Size(-1) == m.in, "input.size(-1) must be equal to input_size: expected %d, got %v", m.in, x.Shape())
	check("recurrent", len(states) == 0 || len(states) == m.states, "%d states: want %d or none", len(states), m.states)
	batch := int64(1)
	if m.options.BatchFirst {
		batch = 0
	}
	shape := []int64{m.options.Layers * m.directions(), 1, m.hidden}
	single := x.Dim() == 2
	if single {
		x = x.Unsqueeze(batch)
		defer x.Close()
	}
	shape[1] = x.Size(int(batch))
	hidden := make([]*torch.Tensor, m.states)
	for i := range hidden {
		if len(states) == 0 {
			hidden[i] = x.Scope().With(x.DType(), x.Device()).Zeros(shape...)
			defer hidden[i].Close()
			continue
		}
		hidden[i] = states[i]
		want := shape
		if single {
			want = []int64{shape[0], shape[2]}
		}
		check("recurrent", slices.Equal(states[i].Shape(), want), "expected a hidden size %v, got %v", want, states[i].Shape())
		if single {
			hidden[i] = states[i].Unsqueeze(1)
			defer hidden[i].Close()
		}
	}
	var hx any = hidden[0]
	if m.states == 2 {
		hx = hidden
	}
	all := torch.Call(m.op, x, hx, m.weights, !m.options.NoBias, m.options.Layers, m.options.Dropout, m.Training(), m.options.Bidirectional, m.options.BatchFirst)
	for i, a := range all {
		t, dim := a.(*torch.Tensor), int64(1)
		if i == 0 {
			dim = batch
		}
		if single {
			all[i] = t.Squeeze(dim)
			t.Close()
		}
		if i > 0 {
			after = append(after, all[i].(*torch.Tensor))
		}
	}
	return all[0].(*torch.Tensor), after
}

func (m *recurrent) repr(name string) string {
	s := name + "(" + py(m.in) + ", " + py(m.hidden)
	for _, o := range []struct {
		shown bool
		name  string
		value any
	}{{m.options.Layers != 1, "num_layers", m.options.Layers}, {m.options.NoBias, "bias", false}, {m.options.BatchFirst, "batch_first", true},
		{m.options.Dropout != 0, "dropout", m.options.Dropout}, {m.options.Bidirectional, "bidirectional", true}} {
		if o.shown {
			s += ", " + o.name + "=" + py(o.value)
		}
	}
	return s + ")"
}

func (m *RNN) String() string  { return printed(m, func() string { return m.repr("RNN") }) }
func (m *LSTM) String() string { return printed(m, func() string { return m.repr("LSTM") }) }
func (m *GRU) String() string  { return printed(m, func() string { return m.repr("GRU") }) }
