package hub

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a web server that misbehaves as a test wishes. It serves content at every path.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	content  []byte
	etag     string
	noRanges bool                  // answers 200 and all of the file, always
	cut      func(request int) int // breaks off after that many bytes; -1: not
	stall    func(request int) int // the same, but falls silent
	status   func(request int) int // answers with that status; 0: properly
	requests []*http.Request
	closing  chan struct{}
}

func serve(t *testing.T, size int) *server {
	t.Helper()
	s := &server{content: random(size, 1), etag: `"one"`, closing: make(chan struct{})}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() { close(s.closing); s.Close() })
	return s
}

func random(size int, seed uint64) []byte {
	r := rand.NewChaCha8([32]byte{byte(seed)})
	data := make([]byte, size)
	_, _ = r.Read(data)
	return data
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// asked is the header of request i, "" if it was not made.
func (s *server) asked(i int, header string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i >= len(s.requests) {
		return ""
	}
	return s.requests[i].Header.Get(header)
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	i := len(s.requests)
	s.requests = append(s.requests, r)
	content, etag, noRanges := s.content, s.etag, s.noRanges
	cut, stall, status := s.cut, s.stall, s.status
	s.mu.Unlock()
	if status != nil && status(i) != 0 {
		http.Error(w, "sorry", status(i))
		return
	}
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	if noRanges {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	limited := &limitedWriter{ResponseWriter: w, left: -1}
	if cut != nil {
		limited.left = cut(i)
	}
	if stall != nil {
		limited.left, limited.silent = stall(i), true
	}
	limited.wait = func() {
		select {
		case <-r.Context().Done():
		case <-s.closing:
		case <-time.After(10 * time.Minute):
		}
	}
	http.ServeContent(limited, r, "", time.Time{}, bytes.NewReader(content))
}

// limitedWriter lets so many bytes of a body pass, then hangs up or falls silent.
type limitedWriter struct {
	http.ResponseWriter
	left   int
	silent bool
	wait   func()
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.left < 0 || len(p) <= w.left {
		if w.left >= 0 {
			w.left -= len(p)
		}
		return w.ResponseWriter.Write(p)
	}
	_, _ = w.ResponseWriter.Write(p[:w.left])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	if w.silent {
		w.wait()
	}
	panic(http.ErrAbortHandler)
}

// oneLine fails unless err is one line of the package that holds all of the texts.
func oneLine(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	msg := err.Error()
	if strings.Contains(msg, "\n") || !strings.HasPrefix(msg, "hub: ") || strings.Count(msg, "hub: ") != 1 {
		t.Errorf("want one line that begins with hub: once, got %q", msg)
	}
	for _, text := range texts {
		if !strings.Contains(msg, text) {
			t.Errorf("%q does not say %q", msg, text)
		}
	}
}
