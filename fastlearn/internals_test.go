package fastlearn

import (
	"reflect"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/trainfile"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/visionmodel"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
)

// What the tests, which are those of another package, look at within this one.

type (
	Event          = event
	SmoothLoss     = smoothLoss
	MixedPrecision = half
)

var (
	Events       = events
	OrderOf      = orderOf
	RuleName     = ruleName
	VisionGroups = visionmodel.Splitter
)

// Method is the name of the event's method.
func (e *Event) Method() string { return e.method }

// Is tells whether a callback has the event's method.
func (e *Event) Is(cb Callback) bool { return reflect.TypeOf(cb).Implements(e.iface) }

func (s *SmoothLoss) Add(loss float64) { s.add(loss) }
func (s *SmoothLoss) Value() float64   { return s.value() }

func NewMixedPrecision(d torch.DType, s *optim.GradScaler) *MixedPrecision {
	return &MixedPrecision{dtype: d, scaler: s}
}

func (l *Learner) SetPrecision(m *MixedPrecision)                  { l.setPrecision(m) }
func (l *Learner) IsMixed() bool                                   { return l.half != nil }
func (l *Learner) SetWD(wd float64)                                { l.config.wd = &wd }
func (l *Learner) SetRule(r optim.Rule)                            { l.config.rule = r }
func (l *Learner) SetSplitter(f func(nn.Module) [][]*torch.Tensor) { l.config.splitter = f }
func (l *Learner) SetRate(r LearningRate)                          { l.config.lr = r }
func (l *Learner) EnsureOpt() error                                { return l.ensureOpt() }

// Snapshot keeps the learner's state.
func (l *Learner) Snapshot() (restore func() error, free func(), err error) {
	s, err := l.snapshot()
	if err != nil {
		return nil, nil, err
	}
	return s.restore, s.close, nil
}

// OpenResume opens a checkpoint and closes it again.
func (l *Learner) OpenResume(name string) error {
	r, err := trainfile.Open(l.modelDir(), name)
	if r != nil {
		r.Close()
	}
	return err
}

func RatesOf(r LearningRate, groups int) ([]float64, error) { return r.rates(groups) }

func (f *LRFound) Suggest(n int) error { return f.suggest(n) }

// CallbacksOf are those that options give a learner.
func CallbacksOf(opts ...LearnerOption) []Callback {
	c, _ := newLearnerConfig("", opts)
	return c.callbacks
}

// NewVisionModel makes a model with fresh weights.
func NewVisionModel(arch vision.Arch, nIn, nOut int64) (nn.Module, error) {
	m, _, err := visionmodel.New(arch, visionmodel.Config{NIn: nIn, NOut: nOut})
	return m, err
}
