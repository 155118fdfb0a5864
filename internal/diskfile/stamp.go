package diskfile

import (
	"errors"
	"os"
	"time"
)

var (
	errChanged = errors.New("it was changed while it was read, by a process that writes it in place: read it again when that is done, or let it be written under another name and renamed")
	errWriting = errors.New("it is being written, by a process that writes it in place: read it when that is done, or let it be written under another name and renamed")
)

// A stamp is what tells two contents of an open file apart, as far as the system notes it.
type stamp struct {
	size  int64
	mtime time.Time
	ctime int64 // a change of anything about the file, 0 where the system has none
	links uint64
}

func stampOf(f *os.File) (stamp, error) {
	info, err := f.Stat()
	if err != nil {
		return stamp{}, err
	}
	s := stamp{size: info.Size(), mtime: info.ModTime()}
	s.ctime, s.links = inodeTimes(info)
	return s, nil
}

// same tells whether nobody wrote to the file between two stamps. A ctime that changed counts, since an mtime can be
// set back, but not together with the number of links: then the file was replaced by a rename, and its content stays.
func (s stamp) same(now stamp) bool {
	return s.size == now.size && s.mtime.Equal(now.mtime) && (s.ctime == now.ctime || s.links != now.links)
}

const (
	// tick is the least that an mtime can be told apart by.
	tick = 10 * time.Millisecond
	// stall is for how long a process that has the file open for writing may be in the midst of it. The system sets the
	// mtime when a write begins, and a write that is still going on leaves no other trace.
	stall = time.Second
	// perByte is what a byte of a write may take where the system doesn't tell who has a file open, and oneWrite the
	// most that one write can be of.
	perByte  = 5 * time.Nanosecond
	oneWrite = 1 << 31
)

// unsettled is for how long from now on a write may still go on that a stamp doesn't show.
func (s stamp) unsettled(now time.Time, w writers) time.Duration {
	age := now.Sub(s.mtime)
	if age < 0 { // by another machine's clock
		return 0
	}
	quiet := tick
	switch w {
	case someWriter:
		quiet = stall
	case unknownWriters:
		quiet += time.Duration(min(s.size, oneWrite)) * perByte
	}
	return max(0, quiet-age)
}

// writers tells whether somebody has a file open for writing.
type writers int

const (
	unknownWriters writers = iota
	noWriter
	someWriter
)

// settled is the stamp of a file that nobody is writing to. It waits for what was written just now.
func settled(f *os.File) (stamp, error) {
	for range 8 {
		s, err := stampOf(f)
		if err != nil {
			return s, err
		}
		w := writersOf(f) // now: what begins to write later changes the stamp
		wait := s.unsettled(time.Now(), w)
		if wait == 0 {
			return s, nil
		}
		if w == someWriter {
			wait = min(wait, 5*tick)
		}
		time.Sleep(wait)
	}
	return stamp{}, &os.PathError{Op: "read", Path: f.Name(), Err: errWriting}
}

// unchanged is an error if somebody wrote to the file since its stamp was taken.
func (s stamp) unchanged(f *os.File) error {
	now, err := stampOf(f)
	if err == nil && !s.same(now) {
		err = &os.PathError{Op: "read", Path: f.Name(), Err: errChanged}
	}
	return err
}
