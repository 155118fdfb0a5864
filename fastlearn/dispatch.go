package fastlearn

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/fastlearn-go/fastlearn/internal/guard"
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

// newEvent makes an event of the interface I and its method.
func newEvent[I any](name string, inBatch bool, method func(I, *Learner) error) *event {
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
	afterCreate         = newEvent("after_create", false, AfterCreate.AfterCreate)
	beforeFit           = newEvent("before_fit", false, BeforeFit.BeforeFit)
	beforeEpoch         = newEvent("before_epoch", false, BeforeEpoch.BeforeEpoch)
	beforeTrain         = newEvent("before_train", false, BeforeTrain.BeforeTrain)
	beforeBatch         = newEvent("before_batch", true, BeforeBatch.BeforeBatch)
	afterPred           = newEvent("after_pred", true, AfterPred.AfterPred)
	afterLoss           = newEvent("after_loss", true, AfterLoss.AfterLoss)
	beforeBackward      = newEvent("before_backward", true, BeforeBackward.BeforeBackward)
	afterCancelBackward = newEvent("after_cancel_backward", true, AfterCancelBackward.AfterCancelBackward)
	afterBackward       = newEvent("after_backward", true, AfterBackward.AfterBackward)
	beforeStep          = newEvent("before_step", true, BeforeStep.BeforeStep)
	afterCancelStep     = newEvent("after_cancel_step", true, AfterCancelStep.AfterCancelStep)
	afterStep           = newEvent("after_step", true, AfterStep.AfterStep)
	afterCancelBatch    = newEvent("after_cancel_batch", true, AfterCancelBatch.AfterCancelBatch)
	afterBatch          = newEvent("after_batch", true, AfterBatch.AfterBatch)
	afterCancelTrain    = newEvent("after_cancel_train", false, AfterCancelTrain.AfterCancelTrain)
	afterTrain          = newEvent("after_train", false, AfterTrain.AfterTrain)
	beforeValidate      = newEvent("before_validate", false, BeforeValidate.BeforeValidate)
	afterCancelValidate = newEvent("after_cancel_validate", false, AfterCancelValidate.AfterCancelValidate)
	afterValidate       = newEvent("after_validate", false, AfterValidate.AfterValidate)
	afterCancelEpoch    = newEvent("after_cancel_epoch", false, AfterCancelEpoch.AfterCancelEpoch)
	afterEpoch          = newEvent("after_epoch", false, AfterEpoch.AfterEpoch)
	afterCancelFit      = newEvent("after_cancel_fit", false, AfterCancelFit.AfterCancelFit)
	afterFit            = newEvent("after_fit", false, AfterFit.AfterFit)
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
	if !l.takesPart(cb) {
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

// takesPart tells whether a callback is for this process and for what runs, a fit or the rate finder.
func (l *Learner) takesPart(cb Callback) bool {
	_, not := cb.(NotInLRFind)
	return !(not && l.Tries > 0) && l.runs(cb)
}

// runs tells whether a callback is for this process.
func (l *Learner) runs(cb Callback) bool {
	_, zero := cb.(RankZero)
	return !zero || l.peers.Rank() == 0
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

func (l *Learner) tellFailure() (err error) {
	for _, cb := range l.callbacks {
		if c, ok := cb.(Abandoned); ok {
			err = errors.Join(err, guard.Call("AfterFailure", cb, func() error { c.AfterFailure(l); return nil }))
		}
	}
	return err
}
