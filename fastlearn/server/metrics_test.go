package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// get asks for a path by a host's name, the server's own if it is empty.
func get(t *testing.T, s started, path, host string) (status int, body, kind string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header.Get("Content-Type")
}

// The metrics count what was asked, in the form that Prometheus reads: each line a comment, or a name with labels and a number.
func TestMetrics(t *testing.T) {
	file, pictures := flowers(t, nil)
	l := usual
	l.name = `my "flowers"\`
	s := start(t, load(t, file), l)
	for _, body := range [][]byte{pictures[0], pictures[1], []byte("no picture")} {
		if _, err := send(t, http.DefaultClient, s.url, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	get(t, s, "/healthz", "") // isn't counted
	status, body, kind := get(t, s, "/metrics", "")
	if status != 200 || !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("%d, %s", status, kind)
	}
	for _, want := range []string{
		`fastlearn_predictions_total{code="200"} 2`, `fastlearn_predictions_total{code="415"} 1`, `fastlearn_prediction_seconds_bucket{le="+Inf"} 3`, "fastlearn_prediction_seconds_count 3",
		"fastlearn_places 128", "fastlearn_places_taken 0", `fastlearn_model_classes{model="my \"flowers\"\\"} 10`,
	} {
		if !strings.Contains(body, "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	form := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"\})? [0-9.e+-]+)$`)
	for line := range strings.Lines(body) {
		if !form.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("%q", line)
		}
	}
}

// The model is named with its classes, and a site that points its own name at the server is refused on every path.
func TestModelAndHosts(t *testing.T) {
	file, _ := flowers(t, nil)
	p := load(t, file)
	l := usual
	l.hosts.Add("Proxy.example", "")
	s := start(t, p, l)
	_, body, _ := get(t, s, "/api/model", "")
	var said struct {
		Name    string
		Classes []string
	}
	if err := json.Unmarshal([]byte(body), &said); err != nil || !slices.Equal(said.Classes, p.Vocab()) {
		t.Errorf("%s: %v", body, err)
	}
	for _, path := range []string{"/", "/page.js", "/api/model", "/metrics", "/healthz", "/nothing"} {
		for _, host := range []string{"evil.example", "localhost.evil.example:80", "10.1.2.3"} { // which a server on loopback doesn't have
			if status, body, _ := get(t, s, path, host); status != http.StatusMisdirectedRequest || !strings.Contains(body, "-hosts") {
				t.Errorf("%s of %s: %d, %s", path, host, status, body)
			}
		}
		for _, host := range []string{"localhost:8080", "127.0.0.1", "proxy.example:443"} {
			if status, _, _ := get(t, s, path, host); status == http.StatusMisdirectedRequest {
				t.Errorf("%s of %s is refused", path, host)
			}
		}
	}
}
