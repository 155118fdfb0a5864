package fastlearn

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// AddCallbacks adds callbacks and tells them of the learner by AfterCreate; all of them, or
// none if one of them fails or is not a callback: nil, without an event's method, or with one of an event's name and another
// signature.
func (l *Learner) AddCallbacks(cbs ...Callback) error {
	return l.do("AddCallbacks", func() error {
		_, err := l.addCallbacks(cbs)
		return err
	})
}

// addCallbacks is AddCallbacks; remove takes away just what it added.
func (l *Learner) addCallbacks(cbs []Callback) (remove func(), err error) {
	for _, cb := range cbs {
		if err := checkCallback(cb); err != nil {
			return nil, fmt.Errorf("fastlearn: %w", err)
		}
		err := guard.Call("Order", cb, func() error { orderOf(cb); return nil })
		if err == nil {
			err = l.callOne(afterCreate, cb)
		}
		if err != nil {
			return nil, err
		}
	}
	first := l.callbackID
	for _, cb := range cbs {
		at, order := len(l.callbacks), orderOf(cb)
		for at > 0 && orderOf(l.callbacks[at-1]) > order {
			at--
		}
		l.callbacks, l.callbackIDs = slices.Insert(slices.Clip(l.callbacks), at, cb), slices.Insert(slices.Clip(l.callbackIDs), at, l.callbackID)
		l.callbackID++
	}
	last := l.callbackID
	return func() {
		l.keepCallbacks(func(i int) bool { return l.callbackIDs[i] < first || l.callbackIDs[i] >= last })
	}, nil
}

// keepCallbacks leaves out the callbacks of which keep is false; who runs over them meanwhile sees them all.
func (l *Learner) keepCallbacks(keep func(i int) bool) {
	var kept []Callback
	var ids []int
	for i, cb := range l.callbacks {
		if keep(i) {
			kept, ids = append(kept, cb), append(ids, l.callbackIDs[i])
		}
	}
	l.callbacks, l.callbackIDs = kept, ids
}

// asked are the interfaces whose methods a callback may have: the events' and these.
var asked = []reflect.Type{
	reflect.TypeFor[Ordered](), reflect.TypeFor[TrainOnly](), reflect.TypeFor[NotInLRFind](), reflect.TypeFor[RankZero](),
	reflect.TypeFor[Abandoned](), reflect.TypeFor[Stateful](), reflect.TypeFor[trainsPart](), reflect.TypeFor[setsModes](),
	reflect.TypeFor[writesModels](), reflect.TypeFor[endsFit](),
}

// checkCallback refuses what would never be called, or not all of it.
func checkCallback(cb Callback) error {
	if guard.IsNil(cb) {
		return fmt.Errorf("a callback is nil (%T)", cb)
	}
	t := reflect.TypeOf(cb)
	some := false
	for _, e := range events {
		if err := checkMethods(t, e.iface); err != nil {
			return err
		}
		some = some || t.Implements(e.iface)
	}
	for _, iface := range asked {
		if err := checkMethods(t, iface); err != nil {
			return err
		}
	}
	if err := checkNames(t); err != nil {
		return err
	}
	if !some {
		return fmt.Errorf("%v isn't a callback: it has no event's method, such as AfterEpoch(*fastlearn.Learner) error", t)
	}
	return nil
}

// checkMethods refuses a type that means to be what an interface asks for and isn't: one method has another signature, another
// is missing, or they are its pointer's.
func checkMethods(t, iface reflect.Type) error {
	if t.Implements(iface) {
		return nil
	}
	if t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(iface) {
		return fmt.Errorf("%v has the method %s by pointer: pass a pointer to it", t, iface.Method(0).Name)
	}
	var wanted []string
	named, right := 0, 0
	for i := range iface.NumMethod() {
		m := iface.Method(i)
		wanted = append(wanted, m.Name+strings.TrimPrefix(m.Type.String(), "func"))
		if has, ok := t.MethodByName(m.Name); ok {
			named++
			if sameSignature(has.Type, m.Type) {
				right++
			}
		}
	}
	if right == 0 && named < iface.NumMethod() {
		return nil
	}
	return fmt.Errorf("%v has a method %s that would never be called: want %s", t, iface.Method(0).Name, strings.Join(wanted, " and "))
}

// sameSignature compares a method with its receiver to an interface's.
func sameSignature(method, wanted reflect.Type) bool {
	if method.NumIn() != wanted.NumIn()+1 || method.NumOut() != wanted.NumOut() {
		return false
	}
	for i := range wanted.NumIn() {
		if method.In(i+1) != wanted.In(i) {
			return false
		}
	}
	for i := range wanted.NumOut() {
		if method.Out(i) != wanted.Out(i) {
			return false
		}
	}
	return true
}

// checkNames refuses an event's signature under a name that sounds like an event and is none, such as OnEpochEnd.
func checkNames(t reflect.Type) error {
	for i := range t.NumMethod() {
		m := t.Method(i)
		isEvent := slices.ContainsFunc(events, func(e *event) bool { return e.method == m.Name })
		if !isEvent && soundsLikeEvent(m.Name) && sameSignature(m.Type, events[0].iface.Method(0).Type) {
			var names []string
			for _, e := range events {
				names = append(names, e.method)
			}
			return fmt.Errorf("%v has a method %s, which is not an event and would never be called: the events are %s", t, m.Name, strings.Join(names, ", "))
		}
	}
	return nil
}

func soundsLikeEvent(name string) bool {
	for _, prefix := range []string{"Before", "After", "On"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if r, _ := utf8.DecodeRuneInString(rest); ok && unicode.IsUpper(r) {
			return true
		}
	}
	return false
}

// RemoveCallbacks takes callbacks away, of several that are equal the one that was added last; those that it doesn't have are
// ignored, and so is a callback of a type that Go can't compare, such as a func: add a pointer instead. It does nothing for a
// nil learner.
func (l *Learner) RemoveCallbacks(cbs ...Callback) {
	if l == nil {
		return
	}
	for _, cb := range cbs {
		last := -1
		for i, has := range l.callbacks {
			if equal(has, cb) {
				last = i
			}
		}
		l.keepCallbacks(func(i int) bool { return i != last })
	}
}

// equal tells whether a and b are one callback; false of types that Go can't compare, at which == panics.
func equal(a, b Callback) (same bool) {
	defer func() { _ = recover() }()
	return a == b
}

// Callbacks lists the callbacks in the order in which they run; none for a nil learner.
func (l *Learner) Callbacks() []Callback {
	if l == nil {
		return nil
	}
	return slices.Clone(l.callbacks)
}
