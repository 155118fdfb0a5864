package inspect

import (
	"encoding/json"
	"math"
)

// Statistics are those of a tensor's elements that are numbers; of complex ones, of their absolute values. They are NaN if
// there are no numbers.
type Statistics struct {
	Min  Number `json:"min"`
	Mean Number `json:"mean"`
	Max  Number `json:"max"`
	NaN  int64  `json:"nan"` // how many elements are none
}

// A Number is a float64 that is a text in JSON where JSON has no number for it.
type Number float64

// MarshalJSON writes "NaN", "Infinity" and "-Infinity" for what JSON has no number for.
func (n Number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(v)
	}
}

// statsOf reads all elements of a tensor.
func statsOf(t entry) (*Statistics, error) {
	data, err := t.Bytes(0)
	if err != nil {
		return nil, err
	}
	d := numbers(t.DType)
	lowest, highest, sum, n, nan := math.Inf(1), math.Inf(-1), 0.0, 0.0, int64(0)
	for ; len(data) > 0; data = data[d.size:] {
		v := d.decode(data)
		if v != v {
			nan++
			continue
		}
		lowest, highest = min(lowest, v), max(highest, v)
		sum += v
		n++
	}
	if n == 0 {
		lowest, highest = math.NaN(), math.NaN()
	}
	return &Statistics{Number(lowest), Number(sum / n), Number(highest), nan}, nil
}
