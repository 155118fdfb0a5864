package fastlearn

import "errors"

// Ordered gives a callback its place among the others.
type Ordered interface{ Order() int }

// TrainOnly marks a callback whose events of a batch run in training alone.
type TrainOnly interface{ TrainOnly() }

// NotInLRFind marks a callback that the learning rate finder leaves out.
type NotInLRFind interface{ NotInLRFind() }

// RankZero marks a callback that runs in the process of rank 0 alone, of those that train a learner
// together ([Distributed]): one that writes or prints. It must not change the training.
type RankZero interface{ RankZero() }

// What an event returns to skip a part of the training loop, as fastai's exceptions do.
var (
	ErrCancelFit      = errors.New("cancel fit")      // end the fit
	ErrCancelEpoch    = errors.New("cancel epoch")    // skip the rest of the epoch
	ErrCancelTrain    = errors.New("cancel train")    // skip the rest of the epoch's training
	ErrCancelValidate = errors.New("cancel validate") // skip the rest of the epoch's validation
	ErrCancelBatch    = errors.New("cancel batch")    // skip the rest of the batch
	ErrCancelBackward = errors.New("cancel backward") // skip the backward pass
	ErrCancelStep     = errors.New("cancel step")     // skip the optimizer's step
)

// The events. See [Learner.Fit] for when each one comes.
type (
	AfterCreate         interface{ AfterCreate(*Learner) error }
	BeforeFit           interface{ BeforeFit(*Learner) error }
	BeforeEpoch         interface{ BeforeEpoch(*Learner) error }
	BeforeTrain         interface{ BeforeTrain(*Learner) error }
	BeforeBatch         interface{ BeforeBatch(*Learner) error }
	AfterPred           interface{ AfterPred(*Learner) error }
	AfterLoss           interface{ AfterLoss(*Learner) error }
	BeforeBackward      interface{ BeforeBackward(*Learner) error }
	AfterCancelBackward interface{ AfterCancelBackward(*Learner) error }
	AfterBackward       interface{ AfterBackward(*Learner) error }
	BeforeStep          interface{ BeforeStep(*Learner) error }
	AfterCancelStep     interface{ AfterCancelStep(*Learner) error }
	AfterStep           interface{ AfterStep(*Learner) error }
	AfterCancelBatch    interface{ AfterCancelBatch(*Learner) error }
	AfterBatch          interface{ AfterBatch(*Learner) error }
	AfterCancelTrain    interface{ AfterCancelTrain(*Learner) error }
	AfterTrain          interface{ AfterTrain(*Learner) error }
	BeforeValidate      interface{ BeforeValidate(*Learner) error }
	AfterCancelValidate interface{ AfterCancelValidate(*Learner) error }
	AfterValidate       interface{ AfterValidate(*Learner) error }
	AfterCancelEpoch    interface{ AfterCancelEpoch(*Learner) error }
	AfterEpoch          interface{ AfterEpoch(*Learner) error }
	AfterCancelFit      interface{ AfterCancelFit(*Learner) error }
	AfterFit            interface{ AfterFit(*Learner) error }
)

// Abandoned is for callbacks that must end what they began, such as a bar on the screen: it
// comes when Validate, GetPreds or Interpret ends with an error, which no event of fastai's
// tells. In a fit AfterFit always comes.
type Abandoned interface{ AfterFailure(*Learner) }

// trainsPart is a callback that ends an epoch's training early: of n batches the first Trains(n) are trained.
type trainsPart interface{ Trains(n int) int }

// setsModes is a callback that changes which modules are in training mode, such as [callback.BnFreeze], after the model as a whole
// was put into it.
type setsModes interface{ SetModes(l *Learner) error }

// clipsAnyGradients is a callback whose BeforeStep may be given gradients that aren't finite, of a float16 step that is left out: so the host
// needn't wait for the GPU to know of it.
type clipsAnyGradients interface{ ClipsAnyGradients() }

// writesModels is a callback that writes models under names that it knows before the fit, as [Learner.Save] takes them.
type writesModels interface{ ModelNames() []string }

// endsFit is a [Stateful] callback that may have ended the fit that is resumed, and with other settings would not end it now.
type endsFit interface{ GoesOn() bool }
