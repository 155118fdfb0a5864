package callback

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// CSVLogger is a callback that writes the table to a file as comma-separated values, under the
// learner's Path: the heads, then each epoch's numbers in full as soon as it ends. The
// file is begun anew by each fit unless [Append] is passed (fastai's CSVLogger, with "history.csv"). An appended fit
// has the heads of those before it, and gets heads of its own only where its metrics are others.
func CSVLogger(file string, opts ...LogOption) fastlearn.Callback {
	return &csvLogger{newLogFile(file, opts)}
}

type csvLogger struct{ logFile }

// Identity is its name.
func (*csvLogger) Identity() string { return "CSVLogger" }

// Order is fastai's.
func (*csvLogger) Order() int { return 60 }

// BeforeFit writes the heads.
func (c *csvLogger) BeforeFit(l *fastlearn.Learner) error {
	if err := c.open(l, "CSVLogger"); err != nil || l.Resumed && c.offset > 0 {
		return err
	}
	if c.append {
		heads, err := lastHeads(c.file.Name())
		if err != nil || slices.Equal(heads, l.Recorder.MetricNames) {
			return err
		}
	}
	return c.writeRow(l.Recorder.MetricNames)
}

// lastHeads returns the heads under which a table ends, nil where it has none.
func lastHeads(path string) (heads []string, err error) {
	file, err := diskfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord, r.LazyQuotes = -1, true // it may be anybody's
	for {
		row, err := r.Read()
		if err == io.EOF {
			return heads, nil
		}
		if err != nil {
			return nil, err
		}
		if row[0] == "epoch" {
			heads = row
		}
	}
}

// AfterEpoch writes the epoch's row.
func (c *csvLogger) AfterEpoch(l *fastlearn.Learner) error {
	row := []string{fmt.Sprint(l.Epoch)}
	values := slices.Clone(l.Recorder.Values[len(l.Recorder.Values)-1])
	for len(values) < len(l.Recorder.ValueNames()) { // of an epoch that a callback skipped
		values = append(values, math.NaN())
	}
	for _, v := range values {
		row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return c.writeRow(append(row, scale.Clock(l.Recorder.Times[len(l.Recorder.Times)-1])))
}

// writeRow writes a line, with quotes around what has a comma, a quote or an end of line in it.
func (c *csvLogger) writeRow(row []string) error {
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	err := w.Write(row)
	if w.Flush(); err != nil {
		return err
	}
	return c.write(line.Bytes())
}
