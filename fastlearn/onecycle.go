package fastlearn

import "context"

// FitOneCycle trains by the 1cycle policy: the rate rises by a cosine from lr/25 to
// lr in the first quarter and falls to lr/1e5, while momentum falls and rises
// (Smith 2018; fastai's fit_one_cycle). A nil lr is the learner's own.
func (l *Learner) FitOneCycle(ctx context.Context, epochs int, lr LearningRate, opts ...FitOption) error {
	c := newFitConfig(opts)
	return l.fitOneCycle(ctx, epochs, lr, or(c.div, 25), or(c.pctStart, 0.25), c)
}

func (l *Learner) fitOneCycle(ctx context.Context, epochs int, lr LearningRate, div, pctStart float64, c fitConfig) error {
	if err := l.ensureOpt(); err != nil {
		return err
	}
	if lr == nil {
		lr = l.config.lr
	}
	peaks, err := lr.rates(len(l.Opt.Groups))
	if err != nil {
		return err
	}
	moms := l.config.moms
	if c.moms != nil {
		moms = *c.moms
	}
	scheds := map[string][]Schedule{"mom": {CombinedCos(pctStart, moms[0], moms[1], moms[2])}}
	for _, peak := range peaks {
		scheds["lr"] = append(scheds["lr"], CombinedCos(pctStart, peak/div, peak, peak/c.divFinal))
	}
	c.callbacks = append([]Callback{&ParamScheduler{Scheds: scheds}}, c.callbacks...)
	return l.fit(ctx, epochs, nil, c)
}

// FineTune trains the head alone for one epoch, then the whole model for epochs, the
// first layers at a hundredth of the head's rate (fastai's fine_tune). The rate is
// 2e-3 unless [BaseLR] says otherwise; the second part begins at half of it.
// [FreezeEpochs], [LRMult], [PctStart] (0.3) and [Div] (5) change the rest.
func (l *Learner) FineTune(ctx context.Context, epochs int, opts ...FitOption) error {
	c := newFitConfig(opts)
	if err := l.Freeze(); err != nil {
		return err
	}
	if c.freezeEpochs > 0 {
		if err := l.fitOneCycle(ctx, c.freezeEpochs, SliceTo(c.baseLR), 25, 0.99, c); err != nil {
			return err
		}
	}
	if err := l.Unfreeze(); err != nil {
		return err
	}
	rate := c.baseLR / 2
	return l.fitOneCycle(ctx, epochs, Slice(rate/c.lrMult, rate), or(c.div, 5), or(c.pctStart, 0.3), c)
}
