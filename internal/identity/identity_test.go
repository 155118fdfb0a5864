package identity_test

import (
	"reflect"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/identity"
)

type (
	known struct {
		Rate   float64
		Name   string
		On     bool
		Kind   kind
		Tensor *int
		Inner  any
		F      func()
		hidden int
	}
	kind     int
	derived  struct{ known }
	Exported struct{ Rate float64 }
	embeds   struct{ Exported }
	itself   struct{ Rate float64 }
	recurses struct{ Inner any }
)

func (kind) String() string       { return "a message" }
func (i itself) Identity() string { return "Itself(1)" }

// A value is known by its table's name, by what it says itself or as custom, with its settings, and never by its type.
func TestOf(t *testing.T) {
	n := 7
	namer := identity.Namer{
		Names: map[reflect.Type]string{reflect.TypeFor[known](): "Known", reflect.TypeFor[Exported](): "Exported"},
		Field: func(v any) (string, bool) { p, ok := v.(*int); return "seven", ok && *p == 7 },
	}
	loop := &recurses{}
	loop.Inner = loop
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "none"},
		{(*known)(nil), "none"},
		{known{}, "Known"},
		{&known{Rate: 0.1, Name: "a b", On: true, Kind: 2, Tensor: &n, F: func() {}, hidden: 3}, `Known{Rate: 0.1 Name: "a b" On: true Kind: 2 Tensor: seven}`},
		{known{Inner: Exported{2}}, "Known{Inner: Exported{Rate: 2}}"},
		{derived{known{Rate: 1}}, "custom"}, // it may do something else
		{embeds{Exported{2}}, "custom{Exported: Exported{Rate: 2}}"},
		{itself{3}, "Itself(1)"},
		{&itself{3}, "Itself(1)"},
		{func() {}, "custom"},
		{kind(3), "custom"},
	} {
		if got := namer.Of(c.v); got != c.want {
			t.Errorf("%T: %s, want %s", c.v, got, c.want)
		}
	}
	if got := namer.Of(loop); len(got) > 100 { // which ends
		t.Errorf("a value that holds itself: %s", got)
	}
}
