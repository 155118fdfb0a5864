package fastlearn

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// A Callback tweaks the training loop. It is any type that has one or more of the
// event methods below, which have fastai's names and order; each gets the
// Learner, whose fields it may read and change. An event's error ends the fit,
// but for the ErrCancel… errors, which skip a part of it.
//
// Callbacks run in ascending [Ordered] order, 0 for those that don't say.
type Callback any

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

// event is one moment of the loop: its name and its method's, the interface of that, whether it belongs to a batch, and how
// it is called.
type event struct {
	name    string
	method  string
	iface   reflect.Type
	inBatch bool
	call    func(cb Callback, l *Learner) error
}

// events are all there are.
var events []*event

// on makes an event of the interface I and its method.
func on[I any](name string, inBatch bool, method func(I, *Learner) error) *event {
	iface := reflect.TypeFor[I]()
	e := &event{name: name, method: iface.Method(0).Name, iface: iface, inBatch: inBatch}
	e.call = func(cb Callback, l *Learner) error {
		if c, ok := cb.(I); ok {
			return method(c, l)
		}
		return nil
	}
	events = append(events, e)
	return e
}

var (
	afterCreate         = on("after_create", false, AfterCreate.AfterCreate)
	beforeFit           = on("before_fit", false, BeforeFit.BeforeFit)
	beforeEpoch         = on("before_epoch", false, BeforeEpoch.BeforeEpoch)
	beforeTrain         = on("before_train", false, BeforeTrain.BeforeTrain)
	beforeBatch         = on("before_batch", true, BeforeBatch.BeforeBatch)
	afterPred           = on("after_pred", true, AfterPred.AfterPred)
	afterLoss           = on("after_loss", true, AfterLoss.AfterLoss)
	beforeBackward      = on("before_backward", true, BeforeBackward.BeforeBackward)
	afterCancelBackward = on("after_cancel_backward", true, AfterCancelBackward.AfterCancelBackward)
	afterBackward       = on("after_backward", true, AfterBackward.AfterBackward)
	beforeStep          = on("before_step", true, BeforeStep.BeforeStep)
	afterCancelStep     = on("after_cancel_step", true, AfterCancelStep.AfterCancelStep)
	afterStep           = on("after_step", true, AfterStep.AfterStep)
	afterCancelBatch    = on("after_cancel_batch", true, AfterCancelBatch.AfterCancelBatch)
	afterBatch          = on("after_batch", true, AfterBatch.AfterBatch)
	afterCancelTrain    = on("after_cancel_train", false, AfterCancelTrain.AfterCancelTrain)
	afterTrain          = on("after_train", false, AfterTrain.AfterTrain)
	beforeValidate      = on("before_validate", false, BeforeValidate.BeforeValidate)
	afterCancelValidate = on("after_cancel_validate", false, AfterCancelValidate.AfterCancelValidate)
	afterValidate       = on("after_validate", false, AfterValidate.AfterValidate)
	afterCancelEpoch    = on("after_cancel_epoch", false, AfterCancelEpoch.AfterCancelEpoch)
	afterEpoch          = on("after_epoch", false, AfterEpoch.AfterEpoch)
	afterCancelFit      = on("after_cancel_fit", false, AfterCancelFit.AfterCancelFit)
	afterFit            = on("after_fit", false, AfterFit.AfterFit)
)

func orderOf(cb Callback) int {
	if o, ok := cb.(Ordered); ok {
		return o.Order()
	}
	return 0
}

// call runs an event of all callbacks, in their order. The first error ends it; one
// that cancels nothing is wrapped with the callback and the event.
func (l *Learner) call(e *event) error {
	for _, cb := range l.callbacks {
		if err := l.callOne(e, cb); err != nil {
			return err
		}
	}
	return nil
}

func (l *Learner) callOne(e *event, cb Callback) error {
	if _, only := cb.(TrainOnly); only && e.inBatch && !l.Training {
		return nil
	}
	if _, not := cb.(NotInLRFind); not && l.Tries > 0 || !l.runs(cb) {
		return nil
	}
	err := guard.Call(e.method, cb, func() error { return e.call(cb, l) })
	if err == nil || isCancel(err) {
		return err
	}
	return fmt.Errorf("%T at %s: %w", cb, e.name, err)
}

// callAfterFit runs after_fit of all callbacks, which close files and free memory there: one that fails keeps none of
// the others from it. For those after it the fit has failed; its error, the first one, is returned.
func (l *Learner) callAfterFit(cbs []Callback) (err error) {
	for i, cb := range cbs {
		ended := false
		defer func() {
			if !ended { // by runtime.Goexit: the others' turn is now
				l.Failed = true
				l.callAfterFit(cbs[i+1:])
			}
		}()
		if failed := l.callOne(afterFit, cb); failed != nil && err == nil {
			err, l.Failed = failed, true
		}
		ended = true
	}
	return err
}

// runs tells whether a callback is for this process.
func (l *Learner) runs(cb Callback) bool {
	_, zero := cb.(RankZero)
	return !zero || l.peers.rank() == 0
}

func isCancel(err error) bool {
	for _, c := range []error{ErrCancelFit, ErrCancelEpoch, ErrCancelTrain, ErrCancelValidate, ErrCancelBatch, ErrCancelBackward, ErrCancelStep} {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}

// section is a part of the loop with its events and what cancels it.
type section struct {
	before, cancelled, after *event
	cancel                   error
}

var (
	epochSection    = section{beforeEpoch, afterCancelEpoch, afterEpoch, ErrCancelEpoch}
	trainSection    = section{beforeTrain, afterCancelTrain, afterTrain, ErrCancelTrain}
	validateSection = section{beforeValidate, afterCancelValidate, afterValidate, ErrCancelValidate}
	batchSection    = section{beforeBatch, afterCancelBatch, afterBatch, ErrCancelBatch}
	backwardSection = section{beforeBackward, afterCancelBackward, afterBackward, ErrCancelBackward}
	stepSection     = section{beforeStep, afterCancelStep, afterStep, ErrCancelStep}
)

// withEvents runs body between a section's events (fastai's _with_events).
func (l *Learner) withEvents(s section, body func() error) error {
	err := l.call(s.before)
	if err == nil {
		err = body()
	}
	if errors.Is(err, s.cancel) {
		err = l.call(s.cancelled)
	}
	if err != nil {
		return err
	}
	return l.call(s.after)
}

// Abandoned is for callbacks that must end what they began, such as a bar on the screen: it
// comes when Validate, GetPreds or Interpret ends with an error, which no event of fastai's
// tells. In a fit AfterFit always comes.
type Abandoned interface{ AfterFailure(*Learner) }

func (l *Learner) tellFailure() (err error) {
	for _, cb := range l.callbacks {
		if c, ok := cb.(Abandoned); ok {
			err = errors.Join(err, guard.Call("AfterFailure", cb, func() error { c.AfterFailure(l); return nil }))
		}
	}
	return err
}
