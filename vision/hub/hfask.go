package hub

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// aboutFile is what the Hub tells of a file before it sends it.
type aboutFile struct {
	commit, etag string
	size         int64
}

// pin holds a download to what the Hub told: the SHA-256 of a large file, git's SHA-1 of a small one.
func (a aboutFile) pin(d *download) {
	if a.size >= 0 && d.checks.size < 0 {
		d.checks.size = a.size
	}
	_, err := hex.DecodeString(a.etag)
	switch {
	case err == nil && len(a.etag) == 64 && d.checks.sha256 == "":
		d.checks.sha256 = a.etag
	case err == nil && len(a.etag) == 40:
		d.checks.git = a.etag
	}
}

// askHub reads the head of the Hub's own answer, which may lead to another server that has the bytes.
func askHub(ctx context.Context, place, token string, opts []Option) (aboutFile, error) {
	d, err := newDownload(place, "", opts)
	if err != nil {
		return aboutFile{}, err
	}
	d.token, d.last = token, time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, d.patience, fmt.Errorf("nothing arrived for %.2g s", d.patience.Seconds()))
	defer cancel()
	client := *d.client
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Host != via[0].URL.Host || len(via) >= 10 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, place, nil)
	if err != nil {
		return aboutFile{}, err
	}
	d.sign(req)
	for vain := 1; ; vain++ {
		resp, err := client.Do(req)
		if err != nil {
			return aboutFile{}, d.cause(ctx, err)
		}
		resp.Body.Close()
		again := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500
		if !again || vain == tries {
			return readHead(resp)
		}
		if err := sleep(ctx, time.Duration(vain)*min(400*time.Millisecond, d.patience/20)); err != nil {
			return aboutFile{}, err
		}
	}
}

func readHead(resp *http.Response) (aboutFile, error) {
	header := resp.Header
	switch code := header.Get("X-Error-Code"); {
	case resp.StatusCode < 400:
	case code == "EntryNotFound" || code == "" && resp.StatusCode == http.StatusNotFound:
		return aboutFile{}, errAbsent
	case code == "GatedRepo":
		return aboutFile{}, fmt.Errorf("%w: accept its terms on its page, and set HF_TOKEN", &StatusError{resp.StatusCode})
	case code == "RevisionNotFound":
		return aboutFile{}, fmt.Errorf("%w: it has no such branch, tag or commit", &StatusError{resp.StatusCode})
	case code == "RepoNotFound" || resp.StatusCode == http.StatusUnauthorized:
		return aboutFile{}, fmt.Errorf("%w: there is no such repository, or it is private and HF_TOKEN is not set for it", &StatusError{resp.StatusCode})
	default:
		return aboutFile{}, &StatusError{resp.StatusCode}
	}
	a := aboutFile{commit: header.Get("X-Repo-Commit"), size: -1}
	a.etag = strings.Trim(strings.TrimPrefix(cmp.Or(header.Get("X-Linked-Etag"), header.Get("Etag")), "W/"), `"`)
	length := ""
	if resp.StatusCode < 300 {
		length = header.Get("Content-Length")
	}
	if n, err := strconv.ParseInt(cmp.Or(header.Get("X-Linked-Size"), length), 10, 64); err == nil {
		a.size = n
	}
	if !commitID.MatchString(a.commit) || !fileName.MatchString(a.etag) {
		a.commit, a.etag = "", ""
	}
	return a, nil
}
