// Package identity gives values names that outlive the program that made them: a checkpoint knows a training by them, so
// that types may be renamed and moved, and messages be reworded.
package identity

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Identified is a value that knows its own stable name, with the settings that matter.
type Identified interface{ Identity() string }

// Custom is the name of a value of a type that is not known and not [Identified].
const Custom = "custom"

// Namer names values.
type Namer struct {
	// Names has the stable names of types that are known. A type that embeds one of them is not known by that.
	Names map[reflect.Type]string
	// Field describes the value of a field that holds more than a number, a text or a bool; nil describes none.
	Field func(v any) (text string, ok bool)
}

// Of returns v's name and, in braces, its exported fields that hold a number, a text, a bool or a struct of these and
// aren't zero, such as "Focal{Gamma: 3}". An [Identified] value of an unknown type is what it says itself. nil is "none".
func (n Namer) Of(v any) string { return n.of(v, 3) }

func (n Namer) of(v any, depth int) string {
	value := reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if !value.IsValid() || value.Kind() == reflect.Pointer {
		return "none"
	}
	name, known := n.Names[value.Type()]
	if !known {
		if i, ok := v.(Identified); ok {
			return i.Identity()
		}
		name = Custom
	}
	if value.Kind() != reflect.Struct {
		return name
	}
	if fields := n.fields(value, depth); len(fields) > 0 {
		name += "{" + strings.Join(fields, " ") + "}"
	}
	return name
}

func (n Namer) fields(v reflect.Value, depth int) (out []string) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || v.Field(i).IsZero() {
			continue
		}
		text, ok := "", false
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct, reflect.Interface:
			if depth > 0 {
				text = n.of(f.Interface(), depth-1)
				ok = text != Custom
			}
		case reflect.Bool, reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
			text, ok = scalar(f), true
		default:
			if n.Field != nil {
				text, ok = n.Field(f.Interface())
			}
		}
		if ok {
			out = append(out, field.Name+": "+text)
		}
	}
	return out
}

// scalar formats a value of a basic kind by its kind alone: a String method is a message, which may be reworded.
func scalar(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return strconv.Quote(v.String())
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	return strconv.FormatFloat(v.Float(), 'g', -1, 64)
}

// Hash returns 64 bits of a text, the same in every program.
func Hash(text string) int64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return int64(h.Sum64())
}

// HashFloats returns 64 bits of numbers, by their values.
func HashFloats(values []float64) int64 {
	h := fnv.New64a()
	var b [8]byte
	for _, v := range values {
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
		h.Write(b[:])
	}
	return int64(h.Sum64())
}

// HashBytes returns a short text for bytes, such as "#1f0c…".
func HashBytes(data []byte) string {
	h := fnv.New64a()
	h.Write(data)
	return fmt.Sprintf("#%016x", h.Sum64())
}
