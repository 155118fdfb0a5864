package fastlearn

import (
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
)

// mixedPrecision runs a learner's forward passes in half precision (fastai's
// MixedPrecision); the weights stay in float32. It is a callback for the loss's scale.
type mixedPrecision struct{ *half }

// ToBF16 trains and predicts in bfloat16 mixed precision, on a GPU and on a CPU (fastai's
// to_bf16, which changes nothing on a CPU). It returns l; for a learner that is nil or closed, here and below, it
// does nothing else.
func (l *Learner) ToBF16() *Learner { return l.setPrecision(&half{dtype: torch.BFloat16}) }

// ToFP16 trains and predicts in float16 mixed precision with a scaled loss, on a GPU
// (fastai's to_fp16); on a CPU it says that it stays in float32. It returns l.
func (l *Learner) ToFP16() *Learner {
	if !l.usable() {
		return l
	}
	if !l.DLs.Device.IsCUDA() {
		l.Logf("ToFP16 needs a GPU: on the CPU training stays in float32; ToBF16 works there")
		return l
	}
	return l.setPrecision(&half{dtype: torch.Float16, scaler: optim.NewGradScaler()})
}

// ToFP32 ends mixed precision. It returns l.
func (l *Learner) ToFP32() *Learner { return l.setPrecision(nil) }

func (l *Learner) setPrecision(h *half) *Learner {
	if !l.usable() {
		return l
	}
	l.keepCallbacks(func(i int) bool { _, mixed := l.callbacks[i].(*mixedPrecision); return !mixed })
	if l.half = h; h != nil {
		_ = l.AddCallbacks(&mixedPrecision{half: h}) // it has no AfterCreate that could fail
	}
	return l
}

func (*mixedPrecision) Order() int { return 10 }

func (m *mixedPrecision) Identity() string { return "mixed precision in " + precisionNames[m.dtype] }

// precisionNames are for checkpoints.
var precisionNames = map[torch.DType]string{torch.BFloat16: "bfloat16", torch.Float16: "float16", torch.Float32: "float32"}

// AfterPred takes predictions to float32.
func (m *mixedPrecision) AfterPred(l *Learner) error {
	return torch.Try(func() {
		if l.Pred.DType() == m.dtype {
			l.Pred = l.Pred.To(torch.Float32)
		}
	})
}

// BeforeBackward scales the loss.
func (m *mixedPrecision) BeforeBackward(l *Learner) error {
	if m.scaler == nil {
		return nil
	}
	return torch.Try(func() { l.LossGrad = m.scaler.ScaleLoss(l.LossGrad) })
}

// BeforeStep unscales the gradients, before any callback that clips them. A step whose gradients overflowed is cancelled where a callback
// looks at that; otherwise [optim.GradScaler.Step] leaves it out, which waits for no GPU.
func (m *mixedPrecision) BeforeStep(l *Learner) error {
	if m.scaler == nil {
		return nil
	}
	skip := false
	err := torch.Try(func() {
		m.scaler.Unscale(l.Opt)
		skip = m.isLookedAt(l) && m.scaler.FoundInf()
	})
	if err == nil && skip {
		err = ErrCancelStep
	}
	return err
}

// isLookedAt tells whether callbacks are to see that a step is cancelled: by an AfterCancelStep, or by a BeforeStep behind this one that
// isn't called then. One that can do with gradients that aren't finite is a [clipsAnyGradients].
func (m *mixedPrecision) isLookedAt(l *Learner) bool {
	behind := false
	for _, cb := range l.callbacks {
		_, told := cb.(AfterCancelStep)
		_, steps := cb.(BeforeStep)
		_, clips := cb.(clipsAnyGradients)
		if (told || behind && steps && !clips) && l.takesPart(cb) {
			return true
		}
		behind = behind || cb == Callback(m)
	}
	return false
}

// AfterStep changes the scale, after a step that was left out too.
func (m *mixedPrecision) AfterStep(*Learner) error { return torch.Try(m.scaler.Update) }

// AfterFit takes the scale to the host, and forgets a step that failed.
func (m *mixedPrecision) AfterFit(*Learner) error { return torch.Try(m.scaler.Close) }

// ToChannelsLast lays the model's weights out with the channels last, which is faster on
// most CPUs with bfloat16 and on GPUs with float16, and rounds differently (fastai's
// to_channelslast, without its mixed precision). On a CPU [VisionLearner] does so by itself for models with depthwise convolutions. It returns l.
func (l *Learner) ToChannelsLast() *Learner { return l.setFormat(torch.ChannelsLast) }

// ToContiguous undoes [Learner.ToChannelsLast]. It returns l.
func (l *Learner) ToContiguous() *Learner { return l.setFormat(torch.Contiguous) }

func (l *Learner) setFormat(f torch.MemoryFormat) *Learner {
	if l.usable() {
		nn.ToFormat(l.Model, f)
	}
	return l
}
