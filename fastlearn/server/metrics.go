package server

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// bounds are the upper bounds of the histogram of how long predictions took, in seconds.
var bounds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// metrics counts requests for predictions.
type metrics struct {
	mu      sync.Mutex
	codes   map[int]int64
	within  []int64 // by the first of bounds that they were within, or beyond all
	seconds float64
}

// clientGone is the status of a request whose client hung up; it is sent to nobody.
const clientGone = 499

// noted is a ResponseWriter that remembers the status.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap returns the writer beneath for http.ResponseController.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// count counts what h answers.
func (m *metrics) count(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, n := time.Now(), &noted{w, clientGone}
		defer func() { m.add(n.status, time.Since(begun).Seconds()) }() // a client that is gone is a panic
		h.ServeHTTP(n, r)
	})
}

func (m *metrics) add(status int, seconds float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.codes == nil {
		m.codes, m.within = map[int]int64{}, make([]int64, len(bounds)+1)
	}
	m.codes[status]++
	at, _ := slices.BinarySearch(bounds, seconds)
	m.within[at]++
	m.seconds += seconds
}

// serveMetrics writes the metrics as Prometheus reads them.
func (s *Server) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprint(w, s.metrics.text(), gauge("fastlearn_places", "Requests for predictions that are taken at the same time.", cap(s.taken)),
		gauge("fastlearn_places_taken", "Requests for predictions that are read, wait or run.", len(s.taken)),
		gauge("fastlearn_model_classes{model="+label(s.name)+"}", "Classes that the model tells apart.", len(s.predictor.Vocab())))
	var pages int64
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if _, err := fmt.Sscanf(string(text), "%d %d", new(int64), &pages); err == nil {
			fmt.Fprint(w, gauge("process_resident_memory_bytes", "Resident memory.", pages*int64(os.Getpagesize())))
		}
	}
}

func (m *metrics) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	b.WriteString("# HELP fastlearn_predictions_total Requests for predictions by the status of their answer; 499 is a client that hung up.\n# TYPE fastlearn_predictions_total counter\n")
	for _, code := range slices.Sorted(maps.Keys(m.codes)) {
		fmt.Fprintf(&b, "fastlearn_predictions_total{code=\"%d\"} %d\n", code, m.codes[code])
	}
	b.WriteString("# HELP fastlearn_prediction_seconds How long requests for predictions took, their upload included.\n# TYPE fastlearn_prediction_seconds histogram\n")
	all := int64(0)
	for i, n := range m.within {
		if all += n; i < len(bounds) {
			fmt.Fprintf(&b, "fastlearn_prediction_seconds_bucket{le=\"%g\"} %d\n", bounds[i], all)
		}
	}
	fmt.Fprintf(&b, "fastlearn_prediction_seconds_bucket{le=\"+Inf\"} %d\nfastlearn_prediction_seconds_sum %g\nfastlearn_prediction_seconds_count %d\n", all, m.seconds, all)
	return b.String()
}

func gauge[T int | int64](series, help string, value T) string {
	name, _, _ := strings.Cut(series, "{")
	return fmt.Sprintf("# HELP %s %s\n# TYPE %s gauge\n%s %d\n", name, help, name, series, value)
}

// label is a text as a label's value.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\uFFFD")) + `"`
}
