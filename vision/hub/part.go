package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// part is what is there of a file so far, locked against other processes.
type part struct {
	*os.File
	path string
	from origin
}

// origin is what a part is a part of. It lies beside the part as JSON.
type origin struct {
	URL          string `json:"url"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	Size         int64  `json:"size"` // -1: unknown
}

// validator is what If-Range can hold: a strong ETag, else a date, else nothing.
func (o origin) validator() string {
	if o.ETag != "" && !strings.HasPrefix(o.ETag, "W/") {
		return o.ETag
	}
	return o.LastModified
}

func originOf(url string, resp *http.Response, size int64) origin {
	return origin{url, resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"), size}
}

// openPart opens and locks the part at path, waiting while another process (or
// goroutine) has it, for as long as that one gets on: it is given up when the part has
// not grown for three times patience, which leaves the other time to give up itself.
func openPart(ctx context.Context, path, url string, patience time.Duration) (*part, error) {
	size, since := int64(-1), time.Now()
	for {
		f, err := diskfile.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			return nil, err
		}
		mine, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		if mine && isAt(f, path) {
			p := &part{File: f, path: path}
			return p, p.load(url)
		}
		f.Close()
		if mine { // the other has just renamed or removed it
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Size() != size {
			size, since = info.Size(), time.Now()
		}
		if time.Since(since) > 3*patience {
			return nil, fmt.Errorf("another process holds %s and gets nothing", path)
		}
		if err := sleep(ctx, min(100*time.Millisecond, patience)); err != nil {
			return nil, err
		}
	}
}

// isAt says whether f still is the file at path.
func isAt(f *os.File, path string) bool {
	a, errA := f.Stat()
	b, errB := os.Stat(path)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// load reads where the part is from. One of another URL, or of unknown origin, or
// longer than its file, is emptied.
func (p *part) load(url string) error {
	data, err := diskfile.ReadFile(p.path + ".json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	size, err := p.size()
	if err != nil {
		return err
	}
	if json.Unmarshal(data, &p.from) != nil || p.from.URL != url || p.from.Size >= 0 && size > p.from.Size {
		return p.restart(origin{URL: url, Size: -1})
	}
	return nil
}

// restart empties the part and notes where its bytes will be from, in this order: the
// old bytes never lie beside the new origin.
func (p *part) restart(from origin) error {
	if err := p.Truncate(0); err != nil {
		return err
	}
	p.from = from
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return os.WriteFile(p.path+".json", append(data, '\n'), 0o666)
}

// complete says whether all of the file is there, as far as its server told its size.
func (p *part) complete() bool {
	size, err := p.size()
	return err == nil && p.from.Size >= 0 && size == p.from.Size
}

func (p *part) size() (int64, error) {
	info, err := p.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// become renames the part to the file it is, whole on the disk.
func (p *part) become(file string) error {
	if err := p.Sync(); err != nil {
		return err
	}
	if err := os.Rename(p.path, file); err != nil {
		return err
	}
	_ = os.Remove(p.path + ".json") // a note without a part says nothing
	return nil
}

// discard removes the part and its note.
func (p *part) discard() error {
	return errors.Join(os.Remove(p.path), os.Remove(p.path+".json"))
}
