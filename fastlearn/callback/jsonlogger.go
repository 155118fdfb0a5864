package callback

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// JSONLogger is a callback that writes each epoch as a line of JSON to a file under the learner's
// Path: {"epoch":0,"train_loss":0.69,"valid_loss":0.65,…,"lr":0.001,"seconds":3.5}, with the
// last group's rate, and null for what isn't a finite number. The file is begun anew by each
// fit unless [Append] is passed.
func JSONLogger(file string, opts ...LogOption) fastlearn.Callback {
	return &jsonLogger{newLogFile(file, opts)}
}

type jsonLogger struct{ logFile }

// Identity is its name.
func (*jsonLogger) Identity() string { return "JSONLogger" }

// Order is that of [CSVLogger].
func (*jsonLogger) Order() int { return 60 }

// BeforeFit opens the file.
func (j *jsonLogger) BeforeFit(l *fastlearn.Learner) error { return j.open(l, "JSONLogger") }

// AfterEpoch writes the epoch's line.
func (j *jsonLogger) AfterEpoch(l *fastlearn.Learner) error {
	var line bytes.Buffer
	line.WriteString(`{"epoch":` + strconv.Itoa(l.Epoch))
	field := func(name string, v float64) {
		key, _ := json.Marshal(name) // a string always can be
		line.WriteByte(',')
		line.Write(key)
		line.WriteByte(':')
		if math.IsNaN(v) || math.IsInf(v, 0) {
			line.WriteString("null")
			return
		}
		line.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	}
	names := l.Recorder.ValueNames()
	for i, v := range l.Recorder.Values[len(l.Recorder.Values)-1] {
		field(names[i], v)
	}
	field("lr", l.Opt.Groups[len(l.Opt.Groups)-1].Hypers["lr"])
	field("seconds", l.Recorder.Times[len(l.Recorder.Times)-1].Seconds())
	line.WriteString("}\n")
	return j.write(line.Bytes())
}
