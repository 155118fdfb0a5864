package hub

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Option changes a default of [Download] and [Weights].
type Option func(*download)

// Progress is told how many bytes are there and how many there will be, -1 while the
// server has not said: when a download begins, at most 20 times a second while it
// runs, and when all is there. It runs on the goroutine that called [Download], which
// waits for it.
func Progress(f func(written, total int64)) Option {
	return func(d *download) { d.progress = f }
}

// Patience sets how long nothing may arrive before a download is given up (default
// 9 seconds). It covers looking up the name, connecting and waiting for an answer. A
// connection that falls silent in the middle is opened anew after a third of it.
func Patience(t time.Duration) Option {
	return func(d *download) { d.patience = t }
}

// Size gives the file's size in bytes, if known: a server that offers another is refused
// before anything is downloaded.
func Size(bytes int64) Option { return func(d *download) { d.checks.size = bytes } }

// SHA256 gives the file's SHA-256 in hexadecimal, or the beginning of it. Without this
// option it is taken from the name in the URL, if the name ends like
// resnet34-b627a593.pth: a dash and 8 to 64 hexadecimal digits before the first dot
// that follows. The empty string switches that off.
func SHA256(prefix string) Option {
	return func(d *download) { d.checks.sha256 = strings.ToLower(prefix) }
}

// MD5 gives the file's MD5 in hexadecimal.
func MD5(sum string) Option {
	return func(d *download) { d.checks.md5 = strings.ToLower(sum) }
}

// FastaiCheck gives a row of fastai's download_checks.py: the file's size in bytes and the
// MD5 of its first MiB.
func FastaiCheck(bytes int64, md5OfFirstMiB string) Option {
	return func(d *download) {
		d.checks.size, d.checks.md5Head = bytes, strings.ToLower(md5OfFirstMiB)
	}
}

// Client makes the requests with a client of the caller's own, for a proxy or a header
// that a server wants. Without it requests heed HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
func Client(c *http.Client) Option { return func(d *download) { d.client = c } }

const defaultPatience = 9 * time.Second

var hashInName = regexp.MustCompile(`-([0-9a-f]{8,64})\.`)

func newDownload(rawURL, file string, opts []Option) (*download, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%q is not an http or https URL", rawURL)
	}
	d := &download{
		url: rawURL, file: file, patience: defaultPatience,
		progress: func(int64, int64) {}, checks: checks{size: -1},
	}
	if m := hashInName.FindStringSubmatch(path.Base(u.Path)); m != nil {
		d.checks.sha256 = m[1]
	}
	if err := guard.Options("options", opts, func(o Option) { o(d) }); err != nil {
		return nil, err
	}
	if d.client == nil {
		d.client = newClient()
	}
	if d.progress == nil {
		d.progress = func(int64, int64) {}
	}
	return d, nil
}

// newClient trusts [download.fetch] to watch the time. It does not ask for compressed
// answers, whose bytes could not be counted, and never leaves https for http.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			DisableCompression: true, DisableKeepAlives: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= 10 {
				return fmt.Errorf("redirected more than %d times", len(via))
			}
			if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
				return fmt.Errorf("redirected from https to %s, which is not safe", req.URL.Redacted())
			}
			return nil
		},
	}
}
