package pickle

// A Host makes the values that a pickle describes. A [Machine] calls nothing else, whatever a pickle names. Numbers and texts are
// int64, *big.Int, float64, string and []byte; all other values are the host's own. An error of a host ends the run.
type Host interface {
	// Known returns an error for a class or function that the host refuses, before anything is built.
	Known(module, name string) error
	// Global returns what a class or function stands for, and with an error too: it tells the place.
	Global(module, name string) (any, error)

	List() any
	Dict() any
	Set() any
	ByteArray(b []byte) any
	Tuple(items []any) any
	FrozenSet(items []Slot) (any, error)

	// Append, AddItems and SetItems put items into a list, a set or a dict; pairs are keys and values in turn.
	Append(target any, items []Slot) error
	AddItems(target any, items []Slot) error
	SetItems(target any, pairs []Slot) error

	// Call returns what Python's callable would make of the operands: a tuple of arguments and maybe a dict of keywords.
	Call(callable any, operands []Slot) (any, error)
	// Build gives an object its state, and returns the object.
	Build(object, state any) (any, error)
	// Persistent returns what lies outside the pickle under an id.
	Persistent(id any) (any, error)
}
