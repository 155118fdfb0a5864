package fastlearn_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The table is the very text that fastai prints in a terminal, without the spaces at a line's end.
func TestTableEqualsFastais(t *testing.T) {
	rows := [][]string{
		{"epoch", "train_loss", "valid_loss", "accuracy", "a_metric_with_a_long_name", "time"},
		{"0", "0.123456", "12.345678", "0.900000", "0.5", "00:12"},
		{"1", "nan", "123.456789", "0.910000", "-0.5", "12:01"},
	}
	var want string
	parity.Python(t, "table.py", rows, &want)
	var got bytes.Buffer
	log := fastlearn.TableLogger(&got)
	for _, row := range rows {
		log(row)
	}
	spaces := regexp.MustCompile(` +\n`)
	if got := got.String(); got != spaces.ReplaceAllString(want, "\n") {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// No number is cut into another one, and what a callback says stands between the rows.
func TestTableOfLongNumbers(t *testing.T) {
	var out bytes.Buffer
	log := fastlearn.TableLogger(&out)
	for _, row := range [][]string{
		{"epoch", "train_loss", "rmse", "time"}, {"0", "12345678901.654321", "12345.678901", "100:12"}, {"better", "than that"},
		{"no better: stopping"}, {"1", "-1234567.654321", "NaN", "00:00"}, {"2", "1e-300", "-0.000000", "00:00"},
	} {
		log(row)
	}
	want := []string{"epoch     train_loss  rmse      time", "0         1.2346e+10  12345.68  100:12", "better    than that", "no better: stopping",
		"1         -1234567.7  NaN       00:00", "2         1e-300      -0        00:00"}
	for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		if i >= len(want) || line != want[i] {
			t.Errorf("line %d: %q", i, line)
		}
	}
}
