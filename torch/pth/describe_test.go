package pth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"sort"
	"testing"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
)

// describeJSON describes a tree as internal/parity/python/pth_describe.py does: equal descriptions are
// equal trees, storages, views and bytes.
func describeJSON(t testing.TB, v any) string {
	d := describer{storages: map[*Storage]int{}}
	return canonical(t, d.value(v))
}

func canonical(t testing.TB, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var again any
	if err := dec.Decode(&again); err != nil {
		t.Fatal(err)
	}
	b, _ = json.Marshal(again)
	return string(b)
}

type object = map[string]any

type describer struct {
	storages map[*Storage]int
	numbers  int
}

func (d *describer) value(v any) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case string:
		if !utf8.ValidString(v) {
			return object{"surrogates": hex.EncodeToString([]byte(v))}
		}
		return v
	case int64:
		if v > -1<<53 && v < 1<<53 {
			return v
		}
		return object{"int": fmt.Sprint(v)}
	case uint64:
		return d.value(pickle.DecodeLong(append(le.AppendUint64(nil, v), 0)))
	case *big.Int:
		return object{"int": v.String()}
	case float64:
		if v != v {
			return object{"float": "nan"}
		}
		return object{"float": fmt.Sprintf("%016x", math.Float64bits(v))}
	case complex128:
		return object{"complex": []any{d.value(real(v)), d.value(imag(v))}}
	case []byte:
		return object{"bytes": hex.EncodeToString(v)}
	case ByteArray:
		return object{"bytearray": hex.EncodeToString(v)}
	case Size:
		return object{"size": append([]int64{}, v...)}
	case DType:
		return object{"dtype": v.String()}
	case Device:
		return object{"device": v.String()}
	case Layout:
		return object{"layout": string(v)}
	case NumpyDType:
		return object{"npdtype": string(v)}
	case Scalar:
		return object{"npscalar": []any{string(v.DType), d.value(v.Value)}}
	case *Array:
		return object{"nparray": []any{string(v.DType), append([]int64{}, v.Shape...), v.Fortran, hex.EncodeToString(v.Data)}}
	case *Dict:
		out := object{describe(v): d.items(v)}
		if v.Attrs != nil {
			out["attrs"] = d.items(v.Attrs)
		}
		return out
	case *List:
		return object{map[bool]string{false: "list", true: "L"}[v.Fastcore]: d.list(v.Items)}
	case Tuple:
		return object{"tuple": d.list(v)}
	case *Set:
		items := d.list(v.Items)
		sort.Slice(items, func(i, j int) bool { return fmt.Sprint(items[i]) < fmt.Sprint(items[j]) })
		return object{describe(v): items}
	case *Tensor:
		return object{"tensor": d.tensor(v)}
	case *Storage:
		return object{"storage": []any{d.number(v), v.DType.String(), len(v.Data), sha(v.Data)}}
	}
	return object{"unknown": fmt.Sprintf("%T", v)}
}

func (d *describer) list(items []any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = d.value(item)
	}
	return out
}

func (d *describer) items(v *Dict) []any {
	out := []any{}
	for k, item := range v.All() {
		out = append(out, []any{d.value(k), d.value(item)})
	}
	return out
}

func (d *describer) number(s *Storage) int {
	if err := s.use(func() error { return nil }); err != nil { // which inflates it
		panic(err)
	}
	number, ok := d.storages[s]
	if !ok || len(s.Data) == 0 {
		number = d.numbers
		d.storages[s] = number
		d.numbers++
	}
	return number
}

func (d *describer) tensor(t *Tensor) object {
	s := t.Storage
	number := d.number(s)
	out := object{
		"dtype": t.DType.String(), "shape": append([]int64{}, t.Shape...), "stride": append([]int64{}, t.Stride...), "offset": t.Offset,
		"grad": t.RequiresGrad, "parameter": t.IsParameter, "storage": number, "nbytes": len(s.Data), "bytes": sha(s.Data),
	}
	if t.Len() < 100_000 {
		b, err := t.Bytes(0)
		if err != nil {
			out["error"] = err.Error()
		}
		out["elements"] = sha(b)
	}
	if t.Attrs != nil {
		out["attrs"] = d.items(t.Attrs)
	}
	return out
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])[:16]
}
