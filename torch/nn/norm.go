package nn

import "github.com/fastlearn-go/fastlearn/torch"

// Norm marks a module that normalises: its own parameters don't decay, and train in frozen groups
// too. A type that embeds one is a norm as well.
type Norm interface {
	Module
	IsNorm() bool
}

// IsNorm tells whether m says that it is a norm.
func IsNorm(m Module) bool {
	n, ok := m.(Norm)
	return ok && n.IsNorm()
}

// NormBiasParameters tells which parameters belong to norms, see [Norm], and which others are
// biases; optimizers treat them apart (fastai's norm_bias_params).
func NormBiasParameters(m Module) (norms, biases map[*torch.Tensor]bool) {
	norms, biases = map[*torch.Tensor]bool{}, map[*torch.Tensor]bool{}
	for _, n := range inspect(m) {
		isNorm := IsNorm(n.module)
		for _, p := range n.parameters {
			switch {
			case isNorm:
				norms[p.Tensor] = true
			case p.Name == "bias":
				biases[p.Tensor] = true
			}
		}
	}
	return norms, biases
}

// BatchNorm normalises each channel of N×C, N×C×L, N×C×H×W or N×C×D×H×W (torch.nn.BatchNorm1d, BatchNorm2d and
// BatchNorm3d, which differ only in the shapes they take).
type BatchNorm struct {
	Base
	Weight, Bias            *torch.Tensor // C; nil with NoAffine
	RunningMean, RunningVar *torch.Tensor `nn:",buffer"` // C; nil with NoRunningStats
	NumBatchesTracked       *torch.Tensor `nn:",buffer"` // int64
	options                 batchNormOptions
	features                int64
}

var defaultBatchNorm = batchNormOptions{eps: 1e-5, momentum: 0.1}

// NewBatchNorm makes a batch norm of weight 1 and bias 0.
func NewBatchNorm(channels int64, opts ...BatchNormOption) *BatchNorm {
	var own *torch.Scope // parameters and buffers live in no scope
	m := &BatchNorm{options: defaultBatchNorm, features: channels}
	for i, opt := range opts {
		check("batch_norm", opt != nil, "option %d is nil", i+1)
		opt.batchNorm(&m.options)
	}
	if !m.options.noAffine {
		m.Weight = m.parameter(own.Ones(channels))
		m.Bias = m.parameter(own.Zeros(channels))
	}
	if !m.options.noStats {
		m.RunningMean = own.Zeros(channels)
		m.RunningVar = own.Ones(channels)
		m.NumBatchesTracked = own.With(torch.Int64).Zeros()
	}
	return m
}

// IsNorm reports that the module is a norm, and with it every type that embeds it.
func (m *BatchNorm) IsNorm() bool { return true }

// Forward normalises by the batch in training, else by the running statistics. In training a batch of one value per channel
// is an error, see [torch.BatchNorm], and counts for nothing.
func (m *BatchNorm) Forward(x *torch.Tensor) *torch.Tensor {
	given(m)
	momentum, tracks := m.options.momentum, m.Training() && m.RunningMean != nil
	if tracks && m.options.cumulative {
		momentum = 1 / float64(1+m.NumBatchesTracked.ItemInt())
	}
	var y *torch.Tensor
	if m.Training() || m.RunningMean == nil {
		y = torch.BatchNorm(x, m.Weight, m.Bias, m.RunningMean, m.RunningVar, momentum, m.options.eps)
	} else {
		y = torch.BatchNormEval(x, m.Weight, m.Bias, m.RunningMean, m.RunningVar, m.options.eps)
	}
	if tracks {
		m.NumBatchesTracked.AddScalar_(1)
	}
	return m.ran(x, y)
}

// String returns what PyTorch prints, but for the number of dimensions.
func (m *BatchNorm) String() string {
	return printed(m, func() string {
		momentum := any(m.options.momentum)
		if m.options.cumulative {
			momentum = "None"
		}
		return repr(m, "%v, eps=%v, momentum=%v, affine=%v, track_running_stats=%v", m.features, m.options.eps, momentum, !m.options.noAffine, !m.options.noStats)
	})
}
