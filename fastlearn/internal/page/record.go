package page

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Record is what a report keeps of a run for pages that compare it. It is in the page as JSON.
type Record struct {
	Title    string
	Heads    []string  // of the last run's epochs: epoch, losses, metrics, time
	Epochs   [][]*Real // their numbers between the first head and the last, of all fits of the run
	Seconds  float64
	Settings []Fact
	Versions []Fact
	Scores   map[string]float64 // each class's F1
	ECE      *float64
}

// Real is a number that JSON takes: what isn't finite is text.
type Real float64

// MarshalJSON writes NaN and infinities as texts.
func (v Real) MarshalJSON() ([]byte, error) {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return json.Marshal(fmt.Sprint(f))
	}
	return json.Marshal(float64(v))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Real) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	*v = Real(f)
	return err
}

// Recorded makes the record of a page.
func (p *Page) Recorded(i *fastlearn.Interpretation) *Record {
	r := &Record{Title: p.Title, Settings: p.Settings, Versions: p.Versions}
	if n := len(p.Runs); n > 0 {
		run := p.Runs[n-1]
		r.Heads = run.Heads
		for _, f := range run.Fits {
			r.Seconds += f.Total.Seconds()
			for _, e := range f.Rows {
				r.add(e.Values)
			}
		}
	}
	if p.Outcome != nil && i != nil && i.Targets != nil {
		r.Scores = map[string]float64{}
		for _, s := range i.Report().Classes {
			r.Scores[s.Class] = s.F1
		}
		if c := p.Outcome.Calibration; c != nil {
			r.ECE = &c.ECE
		}
	}
	return r
}

func (r *Record) add(values []float64) {
	row := make([]*Real, max(len(r.Heads)-2, 0))
	for k := range row {
		if k < len(values) {
			v := Real(values[k])
			row[k] = &v
		}
	}
	r.Epochs = append(r.Epochs, row)
}

// value is the k-th number of an epoch, NaN where there is none.
func (r *Record) value(epoch, k int) float64 {
	if v := r.Epochs[epoch][k]; v != nil {
		return float64(*v)
	}
	return math.NaN()
}

// ReadRecord reads the record of a report, or the table of a CSVLogger.
func ReadRecord(path string) (*Record, error) {
	file, err := diskfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	const most = 256 << 20
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err
	}
	if len(data) > most {
		return nil, &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("more than %d MB: neither a report nor a table of epochs", most>>20)}
	}
	r, err := parseRecord(data)
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return r, nil
}

func parseRecord(data []byte) (*Record, error) {
	const begin = `<script type="application/json" id="record">`
	if head := bytes.TrimLeft(data, "\ufeff \r\n\t"); bytes.HasPrefix(head, []byte("<")) {
		_, rest, ok := bytes.Cut(data, []byte(begin))
		text, _, closed := bytes.Cut(rest, []byte("</script>"))
		if !ok || !closed {
			return nil, errors.New("a page without a run's record: want one that report.Write wrote, of this version or later, whole")
		}
		r := &Record{}
		if err := json.Unmarshal(text, r); err != nil {
			return nil, fmt.Errorf("the page's record: %w", err)
		}
		for _, row := range r.Epochs {
			if len(row) != len(r.Heads)-2 {
				return nil, fmt.Errorf("the page's record: %d numbers under %d heads", len(row), len(r.Heads)-2)
			}
		}
		return r, nil
	}
	c := csv.NewReader(bytes.NewReader(data))
	c.FieldsPerRecord = -1
	lines, err := c.ReadAll()
	if err != nil {
		return nil, err
	}
	r := &Record{}
	for n, line := range lines {
		if line[0] == "epoch" && len(line) > 2 {
			*r = Record{} // another run of the same file
			for _, h := range line {
				r.Heads = append(r.Heads, strings.ReplaceAll(h, "_", " "))
			}
			continue
		}
		if len(line) != len(r.Heads) {
			return nil, fmt.Errorf("line %d: %d fields under %d heads: want a report, or a table of callback.CSVLogger", n+1, len(line), len(r.Heads))
		}
		var values []float64
		for _, field := range line[1 : len(line)-1] {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, fmt.Errorf("line %d: %q isn't a number", n+1, field)
			}
			values = append(values, v)
		}
		var minutes, seconds float64
		if _, err := fmt.Sscanf(line[len(line)-1], "%f:%f", &minutes, &seconds); err == nil {
			r.Seconds += 60*minutes + seconds
		}
		r.add(values)
	}
	if len(r.Epochs) == 0 {
		return nil, errors.New("no epoch in it: want a report, or a table of callback.CSVLogger")
	}
	return r, nil
}
