package dashboard

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// An address without a host is this machine alone; others are obeyed or refused.
func TestAddress(t *testing.T) {
	for addr, local := range parity.Sorted(map[string]bool{":0": true, "localhost:0": true, "127.0.0.1:0": true, "0.0.0.0:0": false}) {
		b := board(t, addr)
		if b.hosts.Local != local || !strings.HasPrefix(b.URL(), "http://127.0.0.1:") && !strings.HasPrefix(b.URL(), "http://localhost:") && !strings.HasPrefix(b.URL(), "http://[::1]:") {
			t.Errorf("%s: local %v, %s", addr, b.hosts.Local, b.URL())
		}
		if page := get(t, b.URL()); !strings.Contains(page, "Waiting for the training") {
			t.Errorf("%s: %.200s", addr, page)
		}
	}
	taken := board(t, ":0")
	port := taken.URL()[strings.LastIndexByte(taken.URL(), ':')+1 : len(taken.URL())-1]
	for _, addr := range []string{"", "8080", "nowhere.invalid:0", ":99999", ":" + port} {
		if b, err := New(addr); err == nil {
			b.Close()
			t.Errorf("%q: no error", addr)
		} else if !strings.HasPrefix(err.Error(), "dashboard: ") {
			t.Error(err)
		}
	}
	var none *Board
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}

// A site can't read the page by a name of its own.
func TestHosts(t *testing.T) {
	local, open := board(t, ":0", Hosts("Proxy.example")), board(t, "0.0.0.0:0")
	for _, c := range []struct {
		host        string
		local, open bool
	}{
		{"localhost:1234", true, true}, {"127.0.0.1", true, true}, {"127.9.9.9:80", true, true}, {"[::1]:8080", true, true}, {"LOCALHOST.", true, true},
		{"proxy.example", true, false}, {"evil.example", false, false}, {"evil.example:8080", false, false}, {"localhost.evil.example", false, false},
		{"127.0.0.1.evil.example", false, false}, {"10.1.2.3:8080", false, true}, {"", false, false}, {"0.0.0.0", false, true},
	} {
		if got := local.hosts.Has(c.host); got != c.local {
			t.Errorf("on loopback %q: %v", c.host, got)
		}
		if got := open.hosts.Has(c.host); got != c.open {
			t.Errorf("on all addresses %q: %v", c.host, got)
		}
	}
	for _, path := range []string{"", "events"} {
		r, err := http.NewRequest("GET", local.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("/%s by another name: %s", path, answer.Status)
		}
	}
}

// Only two things can be got, nothing can be sent, and no other page may frame or read them.
func TestAnswers(t *testing.T) {
	b := board(t, ":0")
	for _, c := range []struct {
		method, path string
		want         int
	}{{"GET", "/", 200}, {"HEAD", "/", 200}, {"POST", "/", 405}, {"GET", "/x", 404}, {"GET", "/../etc/passwd", 307}, {"DELETE", "/events", 405}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = "localhost"
		b.server.Handler.ServeHTTP(w, r)
		if w.Code != c.want && !(c.want == 307 && w.Code/100 == 3) {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %v", c.method, c.path, w.Header())
		}
	}
}

// Viewers beyond the limit are turned away, and let in when others go.
func TestTooManyViewers(t *testing.T) {
	b := board(t, ":0")
	var answers []*http.Response
	open := func() int {
		r, err := http.Get(b.URL() + "events")
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, r)
		return r.StatusCode
	}
	for i := range mostViewers {
		if s := open(); s != 200 {
			t.Fatalf("viewer %d: %d", i, s)
		}
	}
	if s := open(); s != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", s)
	}
	answers[0].Body.Close()
	parity.Until(t, "another viewer is let in", func() bool { return open() == 200 })
	for _, r := range answers {
		r.Body.Close()
	}
}

// A viewer who reads nothing is cut off.
func TestSlowViewer(t *testing.T) {
	b := board(t, ":0", func(b *Board) { b.write = 200 * time.Millisecond })
	r, err := http.Get(b.URL() + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	long := strings.Repeat("x", 1<<20)
	parity.Until(t, "a viewer who doesn't read is cut off", func() bool {
		b.tell(func(s *state) { s.said = long + time.Now().String() })
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.viewers == 0
	})
}
