package fastlearn

import (
	"fmt"
	"strconv"
	"strings"
)

// CSVLogger is a callback that writes the table to a file as comma-separated values, under the
// learner's Path: the heads, then each epoch's numbers in full as soon as it ends. The
// file is begun anew by each fit unless add is set (fastai's CSVLogger, with "history.csv"
// and false).
func CSVLogger(file string, add bool) Callback { return &csvLogger{logFile{name: file, append: add}} }

type csvLogger struct{ logFile }

// Order is fastai's.
func (*csvLogger) Order() int { return 60 }

// BeforeFit writes the heads.
func (c *csvLogger) BeforeFit(l *Learner) error {
	if err := c.open(l); err != nil || l.Resumed() && c.offset > 0 {
		return err
	}
	return c.write([]byte(strings.Join(l.Recorder.MetricNames, ",") + "\n"))
}

// AfterEpoch writes the epoch's row.
func (c *csvLogger) AfterEpoch(l *Learner) error {
	row := []string{fmt.Sprint(l.Epoch)}
	for _, v := range l.Recorder.Values[len(l.Recorder.Values)-1] {
		row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return c.write([]byte(strings.Join(append(row, l.Recorder.clock()), ",") + "\n"))
}
