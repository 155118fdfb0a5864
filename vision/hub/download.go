package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

type download struct {
	url, file string
	checks    checks
	patience  time.Duration
	progress  func(written, total int64)
	client    *http.Client
	token     string // for the server of the URL, and no other

	got  bool      // something has arrived in this call
	last time.Time // when the last byte did, or the call began
	told time.Time // when progress was told last
}

// tries is how often in a row a connection may be opened that brings nothing new.
const tries = 5

// Download fetches the http or https URL into file, and makes the directories above
// it. What a download that was given up has left is gone on from. The file appears
// when it is whole and its checks hold; if it is there already and they hold, or there
// are none, nothing is done. See the package's text for errors and for what lies
// beside the file meanwhile.
func Download(ctx context.Context, url, file string, opts ...Option) error {
	if err := guard.Context("hub: Download", ctx); err != nil {
		return err
	}
	d, err := newDownload(url, file, opts)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if there, err := d.there(); there || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	p, err := openPart(ctx, file+".part", url, d.patience)
	if err != nil {
		return fmt.Errorf("hub: can't download %s: %w", url, err)
	}
	defer p.Close()                                   // and unlock
	if there, err := d.there(); there || err != nil { // another process was first
		return errors.Join(err, p.discard())
	}
	if err := guard.Call("Download", d, func() error { return d.fetchAll(ctx, p) }); err != nil {
		return d.explain(ctx, p, err)
	}
	if err := d.checks.verify(p.path); err != nil {
		if errors.Is(err, ErrChecksum) {
			err = errors.Join(fmt.Errorf("%s: %w; it was removed", url, err), p.discard())
		}
		return fmt.Errorf("hub: %w", err)
	}
	if err := p.become(file); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}

// there says whether the file is there and is what was published.
func (d *download) there() (bool, error) {
	info, err := os.Stat(d.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("hub: %w", err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("hub: %s is there, and isn't a file", d.file)
	}
	err = d.checks.verify(d.file)
	if errors.Is(err, ErrChecksum) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("hub: %w", err)
	}
	return true, nil
}

// fetchAll opens connections until the part is complete, or the error is one that
// another connection will not mend, or tries or patience run out.
func (d *download) fetchAll(ctx context.Context, p *part) error {
	d.last = time.Now()
	furthest, vain := int64(0), 0
	for {
		if p.complete() {
			size, err := p.size()
			d.tell(size, p.from.Size, true)
			return err
		}
		err := d.fetch(ctx, p)
		if err == nil {
			return nil
		}
		var again *brokenError
		if !errors.As(err, &again) {
			return err
		}
		size, sizeErr := p.size()
		if sizeErr != nil {
			return sizeErr
		}
		if size > furthest {
			furthest, vain = size, 0
		} else {
			vain++
		}
		pause := time.Duration(vain) * min(400*time.Millisecond, d.patience/20)
		if vain >= tries || time.Since(d.last)+pause >= d.patience {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// explain makes an error of the network one line that says what is kept.
func (d *download) explain(ctx context.Context, p *part, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if errors.Is(err, errSilent) {
		err = fmt.Errorf("nothing arrived for %.2g s", time.Since(d.last).Seconds())
	}
	kept := ""
	if size, sizeErr := p.size(); sizeErr == nil && size > 0 {
		kept = fmt.Sprintf("; %s are kept in %s, run it again to go on from there", amount(size, p.from.Size), p.path)
	} else {
		_ = p.discard() // it is empty
	}
	return fmt.Errorf("hub: can't download %s: %w%s", d.url, err, kept)
}

// amount is "1.5 of 83.3 MB".
func amount(size, total int64) string {
	if total < 0 {
		return fmt.Sprintf("%.1f MB", float64(size)/1e6)
	}
	return fmt.Sprintf("%.1f of %.1f MB", float64(size)/1e6, float64(total)/1e6)
}

// tell reports progress, not too often.
func (d *download) tell(written, total int64, always bool) {
	if now := time.Now(); always || now.Sub(d.told) >= 50*time.Millisecond {
		d.told = now
		guard.Do("Progress", d.progress, func() { d.progress(written, total) })
	}
}

func sleep(ctx context.Context, t time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(t):
		return nil
	}
}
