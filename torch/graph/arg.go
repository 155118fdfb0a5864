package graph

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// float is a float64 as JSON, where those that aren't finite are texts.
type float float64

func (f float) MarshalJSON() ([]byte, error) {
	if v := float64(f); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte(strconv.Quote(strconv.FormatFloat(v, 'g', -1, 64))), nil
	}
	return json.Marshal(float64(f))
}

func (f *float) UnmarshalJSON(text []byte) error {
	s := string(text)
	if u, err := strconv.Unquote(s); err == nil {
		s = u
	}
	v, err := strconv.ParseFloat(s, 64)
	*f = float(v)
	return err
}

// arg is an argument as JSON: null, or an object whose one key is its type.
type arg struct{ value any }

// MarshalJSON writes it.
func (a arg) MarshalJSON() ([]byte, error) {
	if a.value == nil {
		return []byte("null"), nil
	}
	for _, k := range kinds {
		if v, ok := k.write(a.value); ok {
			return json.Marshal(map[string]any{k.name: v})
		}
	}
	return nil, fmt.Errorf("graph: an argument is a %T", a.value)
}

// UnmarshalJSON reads it.
func (a *arg) UnmarshalJSON(text []byte) error {
	var tagged map[string]json.RawMessage
	if err := json.Unmarshal(text, &tagged); err != nil {
		return err
	}
	if len(tagged) > 1 {
		return fmt.Errorf("an argument of %d types", len(tagged))
	}
	for name, raw := range tagged {
		for _, k := range kinds {
			if k.name == name {
				v, err := k.read(raw)
				a.value = v
				return err
			}
		}
		return fmt.Errorf("an argument of the type %q, which isn't known here", name)
	}
	return nil
}

// kind is a type of arguments; lists have the name with an s.
type kind struct {
	name  string
	write func(v any) (any, bool)
	read  func(raw json.RawMessage) (any, error)
}

var kinds = concat(
	plain[Ref]("value"), plain[Int]("int"), plain[bool]("bool"), plain[string]("string"),
	plain[DType]("dtype"), plain[Device]("device"), plain[Format]("format"),
	converted("float", func(v float64) float { return float(v) }, func(f float) float64 { return float64(f) }),
	converted("complex", func(v complex128) [2]float { return [2]float{float(real(v)), float(imag(v))} },
		func(f [2]float) complex128 { return complex(float64(f[0]), float64(f[1])) }),
)

func concat(all ...[]kind) (flat []kind) {
	for _, ks := range all {
		flat = append(flat, ks...)
	}
	return flat
}

func plain[T any](name string) []kind {
	same := func(v T) T { return v }
	return converted(name, same, same)
}

// converted are a type and its list, which JSON holds as another.
func converted[T, J any](name string, to func(T) J, from func(J) T) []kind {
	return []kind{{name, func(v any) (any, bool) {
		t, ok := v.(T)
		return to(t), ok
	}, func(raw json.RawMessage) (any, error) {
		var j J
		err := json.Unmarshal(raw, &j)
		return from(j), err
	}}, {name + "s", func(v any) (any, bool) {
		ts, ok := v.([]T)
		js := make([]J, len(ts))
		for i, t := range ts {
			js[i] = to(t)
		}
		return js, ok
	}, func(raw json.RawMessage) (any, error) {
		var js []J
		err := json.Unmarshal(raw, &js)
		ts := make([]T, len(js))
		for i, j := range js {
			ts[i] = from(j)
		}
		return ts, err
	}}}
}
