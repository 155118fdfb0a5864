package fastlearn

import (
	"context"
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
)

// FitOneCycle trains by the 1cycle policy: the rate rises by a cosine from lr/25 to
// lr in the first quarter and falls to lr/1e5, while momentum falls and rises
// (Smith 2018; fastai's fit_one_cycle). A nil lr is the learner's own.
func (l *Learner) FitOneCycle(ctx context.Context, epochs int, lr LearningRate, opts ...OneCycleOption) error {
	return withFit(ctx, l, "FitOneCycle", opts, OneCycleOption.oneCycle, func(c fitConfig) error {
		return l.fitOneCycle(ctx, epochs, lr, valueOr(c.div, 25), valueOr(c.pctStart, 0.25), c)
	})
}

func (l *Learner) fitOneCycle(ctx context.Context, epochs int, lr LearningRate, div, pctStart float64, c fitConfig) error {
	if err := checkPart("PctStart", pctStart); err != nil {
		return err
	}
	moms := l.config.moms
	if c.moms != nil {
		moms = *c.moms
	}
	for _, m := range moms {
		if !(m >= 0) || math.IsInf(m, 1) {
			return fmt.Errorf("fastlearn: Moms%v: want numbers of 0 or more", moms)
		}
	}
	if c.plan == nil {
		c.plan = []fitfacts.Fact{fitfacts.One("fit", "FitOneCycle")}
	}
	c.plan = append(c.plan, fitfacts.One("PctStart", pctStart), fitfacts.One("Div", div), fitfacts.One("DivFinal", c.divFinal), fitfacts.One("Moms", moms))
	return l.fitScheduled(ctx, epochs, lr, c, CombinedCos(pctStart, moms[0], moms[1], moms[2]), func(peak float64) (Schedule, error) {
		return CombinedCos(pctStart, peak/div, peak, peak/c.divFinal), nil
	})
}

// FitFlatCos trains at lr for three quarters and then along a cosine to lr/1e5 (fastai's
// fit_flat_cos). [PctStart] and [DivFinal] change that. A nil lr is the learner's own.
func (l *Learner) FitFlatCos(ctx context.Context, epochs int, lr LearningRate, opts ...FlatCosOption) error {
	return withFit(ctx, l, "FitFlatCos", opts, FlatCosOption.flatCos, func(c fitConfig) error { return l.fitFlatCos(ctx, epochs, lr, c) })
}

func (l *Learner) fitFlatCos(ctx context.Context, epochs int, lr LearningRate, c fitConfig) error {
	pctStart := valueOr(c.pctStart, 0.75)
	if err := checkPart("PctStart", pctStart); err != nil {
		return err
	}
	c.plan = []fitfacts.Fact{fitfacts.One("fit", "FitFlatCos"), fitfacts.One("PctStart", pctStart), fitfacts.One("DivFinal", c.divFinal)}
	return l.fitScheduled(ctx, epochs, lr, c, nil, func(peak float64) (Schedule, error) {
		return CombinedCos(pctStart, peak, peak, peak/c.divFinal), nil
	})
}

// FitSGDR trains in cycles, the first cycleLen epochs long and each next one twice as
// long, in which the rate falls along a cosine from lr to 0 (Loshchilov and Hutter 2016;
// fastai's fit_sgdr). [CycleMult] changes the factor. A nil lr is the learner's own.
func (l *Learner) FitSGDR(ctx context.Context, cycles, cycleLen int, lr LearningRate, opts ...SGDROption) error {
	return withFit(ctx, l, "FitSGDR", opts, SGDROption.sgdr, func(c fitConfig) error { return l.fitSGDR(ctx, cycles, cycleLen, lr, c) })
}

func (l *Learner) fitSGDR(ctx context.Context, cycles, cycleLen int, lr LearningRate, c fitConfig) error {
	if cycles < 1 || cycleLen < 1 || c.cycleMult < 1 {
		return fmt.Errorf("fastlearn: FitSGDR: %d cycles of %d epochs, CycleMult(%d): want 1 or more of each", cycles, cycleLen, c.cycleMult)
	}
	var lengths []int
	epochs, length := 0, cycleLen
	for range cycles {
		lengths = append(lengths, length)
		epochs += length
		length *= c.cycleMult
	}
	parts := make([]float64, cycles)
	for i, n := range lengths {
		parts[i] = float64(n) / float64(epochs)
	}
	c.plan = []fitfacts.Fact{fitfacts.One("fit", "FitSGDR"), fitfacts.One("cycles", lengths)}
	return l.fitScheduled(ctx, epochs, lr, c, nil, func(peak float64) (Schedule, error) {
		scheds := make([]Schedule, cycles)
		for i := range scheds {
			scheds[i] = SchedCos(peak, 0)
		}
		return CombineScheds(parts, scheds)
	})
}

// fitScheduled trains with a schedule of each group's rate, made from its peak, and one of
// all momenta, unless mom is nil.
func (l *Learner) fitScheduled(ctx context.Context, epochs int, lr LearningRate, c fitConfig, mom Schedule, of func(peak float64) (Schedule, error)) error {
	if err := l.ensureOpt(); err != nil {
		return err
	}
	if err := l.setLR(lr); err != nil {
		return err
	}
	scheds := map[string][]Schedule{}
	if mom != nil {
		scheds["mom"] = []Schedule{mom}
	}
	for _, g := range l.Opt.Groups {
		s, err := of(g.Hypers["lr"])
		if err != nil {
			return err
		}
		scheds["lr"] = append(scheds["lr"], s)
	}
	c.plan = append(c.plan, fitfacts.One("rates", groupRates(l.Opt)))
	c.callbacks = append([]Callback{&ParamScheduler{Scheds: scheds, ofFit: true}}, c.callbacks...)
	return l.fit(ctx, epochs, nil, c)
}

func checkPart(name string, part float64) error {
	if !(part >= 0 && part <= 1) {
		return fmt.Errorf("fastlearn: %s(%v): want a part from 0 to 1", name, part)
	}
	return nil
}

// FineTune trains the head alone for one epoch, then the whole model for epochs, the
// first layers at a hundredth of the head's rate (fastai's fine_tune). The rate is
// 2e-3 unless [BaseLR] says otherwise; the second part begins at half of it.
// [FreezeEpochs], [LRMult], [PctStart] (0.3) and [Div] (5) change the rest.
func (l *Learner) FineTune(ctx context.Context, epochs int, opts ...FineTuneOption) error {
	return withFit(ctx, l, "FineTune", opts, FineTuneOption.fineTune, func(c fitConfig) error { return l.fineTune(ctx, epochs, c) })
}

func (l *Learner) fineTune(ctx context.Context, epochs int, c fitConfig) error {
	if epochs < 1 {
		return fmt.Errorf("fastlearn: FineTune for %d epochs: want 1 or more", epochs)
	}
	at, err := l.checkpointStage(c.resume)
	if err != nil {
		return err
	}
	if err := l.Freeze(); err != nil {
		return err
	}
	if c.freezeEpochs > 0 && at != 2 {
		c.stage, c.plan = 1, []fitfacts.Fact{fitfacts.One("fit", "FineTune, part 1")}
		if err := l.fitOneCycle(ctx, c.freezeEpochs, SliceTo(c.baseLR), 25, 0.99, c); err != nil {
			return err
		}
		c.resume = "" // the second part begins where the first one ended
	}
	if err := l.Unfreeze(); err != nil {
		return err
	}
	c.stage, c.plan = 2, []fitfacts.Fact{fitfacts.One("fit", "FineTune, part 2")}
	rate := c.baseLR / 2
	return l.fitOneCycle(ctx, epochs, Slice(rate/c.lrMult, rate), valueOr(c.div, 5), valueOr(c.pctStart, 0.3), c)
}
