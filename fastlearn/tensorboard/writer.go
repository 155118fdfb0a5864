// Package tensorboard writes event files for TensorBoard, in Go alone: what a learner's training
// measures, by a callback, and scalars and custom pictures.
//
//	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.Callbacks(tensorboard.Log("runs/first")))
//
// "tensorboard --logdir runs" shows them.
package tensorboard

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Writer writes one event file. It belongs to one goroutine at a time.
type Writer struct {
	file    *os.File
	buffer  *bufio.Writer
	flushed time.Time
	closed  bool
}

// files counts those of this process, whose names must differ.
var files atomic.Int64

// flushEvery is how long events may wait in memory.
const flushEvery = 5 * time.Second

// NewWriter begins a new event file in dir, which it makes, beside any that are there.
func NewWriter(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("tensorboard: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost" // the name is there for people
	}
	name := fmt.Sprintf("events.out.tfevents.%010d.%s.%d.%d", time.Now().Unix(), host, os.Getpid(), files.Add(1))
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, fmt.Errorf("tensorboard: %w", err)
	}
	w := &Writer{file: f, buffer: bufio.NewWriter(f)}
	if err := errors.Join(w.write(0, fileVersion, []byte("brain.Event:2")), w.Flush()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// Scalar adds a number, kept as float32, to the curve of that tag.
func (w *Writer) Scalar(tag string, v float64, step int) error {
	return w.write(step, summary, value(tag, func(m message) message { return m.float(2, float32(v)) }))
}

// Image adds a picture under a tag.
func (w *Writer) Image(tag string, m image.Image, step int) error {
	if err := guard.Given("tensorboard: Image", m); err != nil {
		return err
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		return fmt.Errorf("tensorboard: picture %s: %w", tag, err)
	}
	size := m.Bounds().Size()
	picture := message(nil).int(1, int64(size.Y)).int(2, int64(size.X)).int(3, 3).bytes(4, file.Bytes())
	return w.write(step, summary, value(tag, func(m message) message { return m.bytes(4, picture) }))
}

// Restart tells TensorBoard to forget what earlier files of the directory have from step on, as
// a training does that goes on from before.
func (w *Writer) Restart(step int) error {
	return w.write(step, sessionLog, message(nil).int(1, 1))
}

func (w *Writer) write(step int, field uint64, what []byte) error {
	if err := w.check(); err != nil {
		return err
	}
	now := time.Now()
	_, err := w.buffer.Write(record(event(float64(now.UnixNano())/1e9, int64(step), field, what)))
	if err == nil && now.Sub(w.flushed) > flushEvery {
		err = w.buffer.Flush()
		w.flushed = now
	}
	if err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// Flush hands all events to the file. It happens by itself every few seconds.
func (w *Writer) Flush() error {
	if err := w.check(); err != nil {
		return err
	}
	if err := w.buffer.Flush(); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// check refuses a writer that is nil, empty or closed.
func (w *Writer) check() error {
	switch {
	case w == nil || w.buffer == nil:
		return errors.New("tensorboard: the writer is nil or empty: make it by NewWriter")
	case w.closed:
		return errors.New("tensorboard: the writer is closed")
	}
	return nil
}

// Close ends the file. It may be called again, on nil too.
func (w *Writer) Close() error {
	if w.check() != nil {
		return nil
	}
	err := w.Flush()
	w.closed = true
	return errors.Join(err, w.file.Close())
}
