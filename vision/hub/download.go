package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Option changes a default of [Download].
type Option func(*download)

// Progress is told, now and then, how many bytes are there and how many there will be,
// -1 where the server doesn't say.
func Progress(f func(done, total int64)) Option { return func(d *download) { d.progress = f } }

// Patience is how long a connection may take to open, or give nothing, 8 seconds
// without it. Then the download ends with an error; what there is stays, and the next
// one goes on from it.
func Patience(t time.Duration) Option { return func(d *download) { d.patience = t } }

type download struct {
	url, file, part string
	patience        time.Duration
	progress        func(done, total int64)
}

// attempts is how often a connection that breaks off is opened again.
const attempts = 5

// Download fetches url into file. A part of it that is there from before is gone on
// from; the file appears when it is whole and has the SHA-256 whose beginning its
// name holds, as in resnet34-b627a593.pth.
func Download(ctx context.Context, url, file string, opts ...Option) error {
	d := &download{url: url, file: file, part: file + ".part", patience: 8 * time.Second, progress: func(int64, int64) {}}
	for _, opt := range opts {
		opt(d)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	err := errBroken
	for try := 0; try < attempts && errors.Is(err, errBroken); try++ {
		err = d.fetch(ctx)
	}
	if err != nil {
		return d.explain(ctx, err)
	}
	if err := d.verify(); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return os.Rename(d.part, d.file)
}

// errBroken is a connection that ended before the file did: worth another try.
var errBroken = errors.New("the connection broke off")

// errStalled is a connection that gives nothing any more.
var errStalled = errors.New("the server sends nothing any more")

func (d *download) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	kept := ""
	if info, statErr := os.Stat(d.part); statErr == nil && info.Size() > 0 {
		kept = fmt.Sprintf("; %d bytes are kept, and the next download goes on from there", info.Size())
	}
	return fmt.Errorf("hub: can't download %s: %w%s", d.url, err, kept)
}

// fetch opens one connection and appends what it gives to the part.
func (d *download) fetch(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(d.patience, func() { cancel(errStalled) })
	defer watchdog.Stop()

	f, err := os.OpenFile(d.part, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return err
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusPartialContent:
	case http.StatusOK: // the server can't go on in the middle
		if have, err = 0, f.Truncate(0); err != nil {
			return err
		}
	case http.StatusRequestedRangeNotSatisfiable: // nothing is missing, or the part is not of this file
		return nil
	default:
		return fmt.Errorf("the server says %s", resp.Status)
	}
	total := int64(-1)
	if resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	buf := make([]byte, 256<<10)
	for {
		n, readErr := resp.Body.Read(buf)
		if n > 0 {
			watchdog.Reset(d.patience)
			if _, err := f.WriteAt(buf[:n], have); err != nil {
				return err
			}
			have += int64(n)
			d.progress(have, total)
		}
		switch {
		case readErr == io.EOF && (total < 0 || have == total):
			return f.Sync()
		case readErr != nil:
			return cause(ctx, errors.Join(errBroken, readErr))
		}
	}
}

// cause puts a failure of the network into few words.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Errorf("no network, or no such host as %s", dns.Name)
	}
	if errors.Is(err, errBroken) {
		return errBroken
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	return err
}

var hashInName = regexp.MustCompile(`-([0-9a-f]{8,64})\.`)

// verify compares the part's SHA-256 with the one in the file's name; a wrong part is removed.
func (d *download) verify() error {
	m := hashInName.FindStringSubmatch(filepath.Base(d.file))
	if m == nil {
		return nil
	}
	f, err := os.Open(d.part)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); !strings.HasPrefix(got, m[1]) {
		return errors.Join(
			fmt.Errorf("%s is not what was published: its SHA-256 begins with %s, its name says %s; it was removed", d.url, got[:len(m[1])], m[1]),
			os.Remove(d.part))
	}
	return nil
}
