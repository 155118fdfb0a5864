package graph

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Int is a whole number that may depend on the batch's size N: Batch·N + Const.
type Int struct{ Batch, Const int64 }

// At is the number for a batch of n, or an error where it isn't an int64.
func (i Int) At(n int64) (int64, error) {
	if i.Batch != 0 && n != 0 {
		product := i.Batch * n
		sum := product + i.Const
		if product/n != i.Batch || i.Batch == -1 && n == math.MinInt64 || (sum > product) != (i.Const > 0) {
			return 0, fmt.Errorf("%v is beyond an int64 for a batch of %d", i, n)
		}
		return sum, nil
	}
	return i.Const, nil
}

// String writes it as files do: "3", "N", "2N+1".
func (i Int) String() string {
	if i.Batch == 0 {
		return strconv.FormatInt(i.Const, 10)
	}
	s := "N"
	switch i.Batch {
	case 1:
	case -1:
		s = "-N"
	default:
		s = strconv.FormatInt(i.Batch, 10) + "N"
	}
	if i.Const != 0 {
		s += fmt.Sprintf("%+d", i.Const)
	}
	return s
}

// ParseInt reads what [Int.String] writes.
func ParseInt(s string) (i Int, err error) {
	if batch, rest, symbolic := strings.Cut(s, "N"); symbolic {
		switch batch {
		case "", "-":
			batch += "1"
		}
		if i.Batch, err = strconv.ParseInt(batch, 10, 64); err == nil && rest != "" {
			i.Const, err = strconv.ParseInt(rest, 10, 64)
		}
	} else {
		i.Const, err = strconv.ParseInt(s, 10, 64)
	}
	if err != nil || i.String() != s {
		return Int{}, fmt.Errorf("%q: want a whole number, N or such as 2N+1", s)
	}
	return i, nil
}

// MarshalJSON writes a constant as a number, and what depends on the batch as a text.
func (i Int) MarshalJSON() ([]byte, error) {
	if i.Batch == 0 {
		return []byte(i.String()), nil
	}
	return []byte(strconv.Quote(i.String())), nil
}

// UnmarshalJSON reads either.
func (i *Int) UnmarshalJSON(text []byte) (err error) {
	if i == nil {
		return errors.New("graph: UnmarshalJSON of a nil Int")
	}
	s := string(text)
	if len(s) > 0 && s[0] == '"' {
		if s, err = strconv.Unquote(s); err != nil {
			return err
		}
	}
	*i, err = ParseInt(s)
	return err
}
