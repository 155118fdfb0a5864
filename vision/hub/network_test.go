package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// serveChunked serves content without telling its length beforehand.
func serveChunked(t *testing.T, content []byte) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for rest := content; len(rest) > 0 && r.Context().Err() == nil; {
			n := min(len(rest), 64<<10)
			_, _ = w.Write(rest[:n])
			_ = http.NewResponseController(w).Flush()
			rest = rest[n:]
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestCutConnectionsGoOn(t *testing.T) {
	s := serve(t, 3*mb)
	s.cut = func(request int) int {
		if request < 4 {
			return 600_000
		}
		return -1
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := Download(t.Context(), s.URL+"/x", file); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
	if s.count() != 5 || s.asked(1, "Range") != "bytes=600000-" || s.asked(4, "Range") != "bytes=2400000-" || s.asked(1, "If-Range") != `"one"` {
		t.Errorf("%d requests; the second asked %q if %q, the last %q", s.count(), s.asked(1, "Range"), s.asked(1, "If-Range"), s.asked(4, "Range"))
	}
}

func TestCutForGood(t *testing.T) {
	t.Parallel()
	s := serve(t, 3*mb)
	s.cut = func(request int) int { return map[bool]int{true: 1_000_000}[request == 0] }
	file := filepath.Join(t.TempDir(), "file")
	err := Download(t.Context(), s.URL+"/x", file, Patience(time.Minute))
	oneLine(t, err, s.URL, "broke off", "1.0 of 3.1 MB are kept in "+file+".part", "run it again")
	if s.count() != 1+tries {
		t.Errorf("%d requests, want %d", s.count(), 1+tries)
	}
	alone(t, filepath.Dir(file), "file.part", "file.part.json")
	s.set(func() { s.cut = nil }) // the next run goes on
	if err := Download(t.Context(), s.URL+"/x", file); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
	if got := s.asked(s.count()-1, "Range"); got != "bytes=1000000-" {
		t.Errorf("the second run asked for %q", got)
	}
}

func TestStalled(t *testing.T) {
	t.Parallel()
	s := serve(t, mb)
	s.stall = func(request int) int { return map[bool]int{true: 300_000}[request == 0] }
	file := filepath.Join(t.TempDir(), "file")
	err := Download(t.Context(), s.URL+"/x", file, Patience(3*time.Second))
	oneLine(t, err, "nothing arrived for ", "0.3 of 1.0 MB are kept", "run it again")
	if s.count() < 2 {
		t.Error("a silent connection was not opened again")
	}
	s.set(func() { s.stall = func(int) int { return 500_000 } }) // falls silent once more, then goes on
	if err := Download(t.Context(), s.URL+"/x", file, Patience(3*time.Second)); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
}

func TestNoRangesBeginsAnew(t *testing.T) {
	s := serve(t, mb)
	s.noRanges = true
	s.cut = func(request int) int { return map[bool]int{true: 700_000, false: -1}[request == 0] }
	file := filepath.Join(t.TempDir(), "file")
	if err := Download(t.Context(), s.URL+"/x", file); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
}

func TestChangedFileBeginsAnew(t *testing.T) {
	for name, change := range parity.Sorted(map[string]func(*server){
		"etag":                       func(s *server) { s.etag = `"two"` },
		"size, no etag":              func(s *server) { s.etag, s.content = "", random(mb+5, 2) },
		"shorter, no etag":           func(s *server) { s.etag, s.content = "", random(1000, 2) },
		"weak etag, ranges answered": func(s *server) { s.etag = `W/"two"` },
	}) {
		t.Run(name, func(t *testing.T) {
			s := serve(t, mb)
			if strings.Contains(name, "weak") {
				s.etag = `W/"one"`
			} else if strings.Contains(name, "no etag") {
				s.etag = ""
			}
			s.cut = func(request int) int { return map[bool]int{true: 700_000}[request == 0] }
			file := filepath.Join(t.TempDir(), "file")
			if err := Download(t.Context(), s.URL+"/x", file, Patience(100*time.Millisecond)); err == nil {
				t.Fatal("no error")
			}
			s.set(func() { s.cut, s.content = nil, random(mb, 2); change(s) })
			if err := Download(t.Context(), s.URL+"/x", file); err != nil {
				t.Fatal(err)
			}
			want(t, file, s.content)
		})
	}
}

// A part that nobody knows, of another URL, or longer than its file, is not built on.
func TestStrangeParts(t *testing.T) {
	s := serve(t, 1000)
	for name, note := range parity.Sorted(map[string]string{
		"none": "", "torn": `{"url":"`, "other": `{"url":"http://other/x","etag":"\"one\"","size":1000}`,
		"long": `{"url":"` + s.URL + `/x","etag":"\"one\"","size":500}`,
	}) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file+".part", random(700, 9), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file+".part.json", []byte(note), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := Download(t.Context(), s.URL+"/x", file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want(t, file, s.content)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for code, requests := range parity.Sorted(map[int]int{404: 1, 403: 1, 500: tries, 503: tries}) {
		s := serve(t, mb)
		s.status = func(int) int { return code }
		file := filepath.Join(t.TempDir(), "deep", "file")
		err := Download(t.Context(), s.URL+"/x", file, Patience(time.Minute))
		oneLine(t, err, s.URL, fmt.Sprintf("the server says %d %s", code, http.StatusText(code)))
		var status *StatusError
		if !errors.As(err, &status) || status.Code != code || s.count() != requests {
			t.Errorf("%d requests, want %d; error %v", s.count(), requests, err)
		}
		alone(t, filepath.Dir(file))
	}
	s := serve(t, mb) // a server that is busy for a moment
	s.status = func(request int) int { return map[bool]int{true: 503}[request < 2] }
	file := filepath.Join(t.TempDir(), "file")
	if err := Download(t.Context(), s.URL+"/x", file, Patience(time.Minute)); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
}

func TestNoNetwork(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for url, text := range parity.Sorted(map[string]string{
		"http://" + closed.Addr().String(): "connection refused",
		"http://nowhere.invalid":           "no network",
		"http://" + mute.Addr().String():   "nothing arrived for ",
	}) {
		dir := t.TempDir()
		err := Download(t.Context(), url+"/file", filepath.Join(dir, "file"), Patience(400*time.Millisecond))
		if text == "no network" && err != nil && strings.Contains(err.Error(), "nothing arrived") {
			text = "nothing arrived" // a resolver that keeps silent
		}
		oneLine(t, err, url, text)
		alone(t, dir)
	}
	if defaultPatience >= 10*time.Second {
		t.Error("an error must come within 10 seconds")
	}
}

func TestCancel(t *testing.T) {
	s := serve(t, mb)
	s.stall = func(int) int { return 300_000 }
	ctx, cancel := context.WithCancel(t.Context())
	file := filepath.Join(t.TempDir(), "file")
	go func() {
		defer cancel()
		parity.Until(t, "300,000 bytes arrive", func() bool {
			info, err := os.Stat(file + ".part")
			return err == nil && info.Size() == 300_000
		})
	}()
	err := Download(ctx, s.URL+"/x", file)
	oneLine(t, err, "context canceled", "0.3 of 1.0 MB are kept")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
}

func TestRedirects(t *testing.T) {
	s := serve(t, 1000)
	moved := httptest.NewServer(http.RedirectHandler(s.URL+"/x", http.StatusFound))
	defer moved.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := Download(t.Context(), moved.URL+"/y", file); err != nil {
		t.Fatal(err)
	}
	want(t, file, s.content)
	safe := httptest.NewTLSServer(http.RedirectHandler(s.URL+"/x", http.StatusFound))
	defer safe.Close()
	c := safe.Client()
	c.CheckRedirect = newClient().CheckRedirect
	oneLine(t, Download(t.Context(), safe.URL+"/y", filepath.Join(t.TempDir(), "f"), Client(c)), "not safe")
}
