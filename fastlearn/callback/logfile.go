package callback

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// LogOption changes a default of [CSVLogger] and [JSONLogger].
type LogOption func(*logFile)

// Append adds to a file that is there (fastai's append=True). By default each fit begins it anew.
func Append() LogOption { return func(f *logFile) { f.append = true } }

// logFile is a text file to which a callback adds a line at the end of each epoch. A resumed
// fit goes on with it where the checkpoint was written, and cuts off what came after as soon as it
// has a line to add: where it was finished the file may be a later fit's. A file that is gone
// meanwhile is begun anew.
type logFile struct {
	name   string // under the learner's Path
	append bool
	err    error // of the options

	file   *os.File
	offset int64 // of the end of the last line
	cut    bool  // what is behind that is to be cut off
}

func newLogFile(name string, opts []LogOption) logFile {
	f := logFile{name: name}
	f.err = guard.Options("callback: "+name, opts, func(o LogOption) { o(&f) })
	return f
}

// NotInLRFind leaves the learning rate finder alone.
func (*logFile) NotInLRFind() {}

// RankZero has one process write.
func (*logFile) RankZero() {}

// open opens the file of a callback, without what it held unless append is set or the fit is resumed.
func (f *logFile) open(l *fastlearn.Learner, callback string) (err error) {
	if f.err != nil {
		return f.err
	}
	path := f.name
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.Path, path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return diskfile.CannotWrite(callback, path, err)
	}
	mode := os.O_CREATE | os.O_WRONLY
	if !f.append && !l.Resumed {
		mode |= os.O_TRUNC
	}
	f.cut = false
	if f.file, err = diskfile.OpenFile(path, mode, 0o666); err != nil {
		return diskfile.CannotWrite(callback, path, err)
	}
	f.offset, err = f.file.Seek(0, io.SeekEnd)
	return err
}

// write adds lines and waits for the disk.
func (f *logFile) write(lines []byte) error {
	if f.cut {
		_, err := f.file.Seek(f.offset, io.SeekStart)
		if err = errors.Join(err, f.file.Truncate(f.offset)); err != nil {
			return err
		}
		f.cut = false
	}
	n, err := f.file.Write(lines)
	f.offset += int64(n)
	return errors.Join(err, f.file.Sync())
}

// AfterFit closes the file.
func (f *logFile) AfterFit(*fastlearn.Learner) error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// State is how long the file is.
func (f *logFile) State(*fastlearn.Learner) (*pth.Dict, error) {
	d := pth.NewDict()
	d.Set("offset", f.offset)
	return d, nil
}

// LoadState has the file cut to that length.
func (f *logFile) LoadState(_ *fastlearn.Learner, _ torch.Holder, d *pth.Dict) error {
	offset, ok := pth.Get[int64](d, "offset")
	if !ok || offset < 0 {
		return errors.New("it has no place in the file")
	}
	f.offset, f.cut = min(offset, f.offset), true
	return nil
}
