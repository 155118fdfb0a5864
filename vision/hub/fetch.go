package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// fetch opens one connection and appends what it brings to the part: nil when the
// file is whole, a [brokenError] where another connection may bring the rest.
func (d *download) fetch(ctx context.Context, p *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(d.quiet(), func() { cancel(errSilent) })
	defer silent.Stop()

	have, err := p.size()
	if err != nil {
		return err
	}
	resp, err := d.ask(ctx, p, have)
	if err != nil {
		return d.cause(ctx, err)
	}
	defer resp.Body.Close()
	if have, err = d.begin(p, have, resp); err != nil {
		return err
	}
	d.tell(have, p.from.Size, true)
	buf := make([]byte, 128<<10)
	for {
		silent.Reset(d.quiet())
		n, readErr := resp.Body.Read(buf)
		silent.Stop() // a slow disk isn't a silence
		if n > 0 {
			if d.checks.size >= 0 && have+int64(n) > d.checks.size {
				return errors.Join(d.offered(-1), p.restart(origin{URL: d.url, Size: -1}))
			}
			if _, err := p.WriteAt(buf[:n], have); err != nil {
				return err
			}
			have += int64(n)
			d.tell(have, p.from.Size, false)
			d.got, d.last = true, time.Now()
		}
		switch {
		case readErr == io.EOF && (p.from.Size < 0 || have == p.from.Size):
			d.tell(have, have, true)
			return nil
		case readErr != nil:
			return d.cause(ctx, &brokenError{errors.New("the connection broke off")})
		}
	}
}

// quiet is how long a connection may say nothing: at first all of the patience, since
// another attempt would be no better; later a third, or what is left.
func (d *download) quiet() time.Duration {
	if !d.got {
		return d.patience - time.Since(d.last)
	}
	return min(d.patience/3, d.patience-time.Since(d.last))
}

func (d *download) ask(ctx context.Context, p *part, have int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return nil, err
	}
	d.sign(req)
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		if v := p.from.validator(); v != "" {
			req.Header.Set("If-Range", v)
		}
	}
	client := *d.client
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Host != via[0].URL.Host { // net/http would tell it to another port and to subdomains
			req.Header.Del("Authorization")
		}
		return d.follow(req, via)
	}
	return client.Do(req)
}

// sign sets what all requests say.
func (d *download) sign(req *http.Request) {
	req.Header.Set("User-Agent", "fastlearn")
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
}

// follow is the client's own rule for redirects.
func (d *download) follow(req *http.Request, via []*http.Request) error {
	if d.client.CheckRedirect != nil {
		return d.client.CheckRedirect(req, via)
	}
	if len(via) >= 10 {
		return errors.New("redirected 10 times")
	}
	return nil
}

// begin looks at an answer's head: it empties the part unless the answer goes on from
// its end, and says where the answer's bytes belong.
func (d *download) begin(p *part, have int64, resp *http.Response) (int64, error) {
	fresh := origin{URL: d.url, Size: -1}
	switch code := resp.StatusCode; {
	case code == http.StatusOK: // from the beginning: asked so, or can't do else, or the file has changed
		if d.checks.size >= 0 && resp.ContentLength >= 0 && resp.ContentLength != d.checks.size {
			return 0, errors.Join(d.offered(resp.ContentLength), p.restart(fresh))
		}
		return 0, p.restart(originOf(d.url, resp, resp.ContentLength))
	case code == http.StatusPartialContent && have > 0:
		from, total, ok := contentRange(resp.Header.Get("Content-Range"))
		now := originOf(d.url, resp, total)
		if ok && from == have && p.from.agrees(now) {
			p.from.Size = max(p.from.Size, total)
			return have, nil
		}
		return 0, d.anew(p, fresh, "it sent another part than was asked for")
	case code == http.StatusRequestedRangeNotSatisfiable && have > 0:
		if resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", have) {
			p.from.Size = have // it was all there, of an answer that had not told its size
			return 0, &brokenError{errors.New("nothing is missing")}
		}
		return 0, d.anew(p, fresh, "its file has become shorter")
	case code == http.StatusTooManyRequests || code >= 500:
		return 0, &brokenError{&StatusError{code}}
	default:
		return 0, &StatusError{code}
	}
}

// anew empties the part, for the next connection to begin at the beginning.
func (d *download) anew(p *part, fresh origin, why string) error {
	if err := p.restart(fresh); err != nil {
		return err
	}
	return &brokenError{errors.New("the server can't go on where the part ends: " + why)}
}

// agrees says whether two answers can be about one state of the file.
func (o origin) agrees(now origin) bool {
	return (o.ETag == "" || now.ETag == "" || o.ETag == now.ETag) &&
		(o.Size < 0 || now.Size < 0 || o.Size == now.Size)
}

// offered is the error of a server whose file has another size than was published.
func (d *download) offered(bytes int64) error {
	if bytes < 0 {
		return fmt.Errorf("%w: the server sends more than its %d bytes", ErrChecksum, d.checks.size)
	}
	return fmt.Errorf("%w: the server's has %d bytes, not %d", ErrChecksum, bytes, d.checks.size)
}

// contentRange reads "bytes 100-199/200": the first byte and how many the file has, -1
// for *.
func contentRange(s string) (from, total int64, ok bool) {
	s, isBytes := strings.CutPrefix(s, "bytes ")
	span, size, hasSize := strings.Cut(s, "/")
	first, _, hasSpan := strings.Cut(span, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if !isBytes || !hasSize || !hasSpan || err != nil {
		return 0, 0, false
	}
	if size == "*" {
		return from, -1, true
	}
	total, err = strconv.ParseInt(size, 10, 64)
	return from, total, err == nil
}
