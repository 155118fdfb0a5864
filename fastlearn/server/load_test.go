package server

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
)

var requests = flag.Int("requests", 10_000, "TestLoad: how many requests")

// connections is how many clients ask at the same time.
const connections = 64

// Thousands of requests over 64 connections, a third of them hostile: each good one gets its
// right answer, each bad one its refusal, and memory, tensors and goroutines stay as they were.
func TestLoad(t *testing.T) {
	file, pictures := flowers(t, nil)
	p := load(t, file)
	var want []predictor.Prediction
	for _, picture := range pictures {
		one, err := p.PredictBytes(t.Context(), picture)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, one)
	}
	collector.Off(t)
	goroutines := runtime.NumGoroutine()
	l := usual
	l.timeout = 2 * time.Second // of which the slow ones take all
	s := start(t, p, l)
	c := &crowd{t: t, started: s, pictures: pictures, want: want}
	c.run(1000) // which warms up
	rss, live := settled(t), torch.LiveTensors()
	c.run(*requests)
	grew := settled(t) - rss
	t.Logf("%d requests, %d of them good: resident memory grew by %.1f MB of %.0f", *requests, c.good.Load(), float64(grew)/1e6, float64(rss)/1e6)
	if grew > 16<<20 {
		t.Errorf("resident memory grew by %d bytes", grew)
	}
	if n := torch.LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors live", n)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
	parity.Until(t, "the server's goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
}

// settled is resident memory without what Go has not given back yet.
func settled(t *testing.T) int64 {
	debug.FreeOSMemory()
	return parity.Status(t, "VmRSS")
}

// crowd are the clients.
type crowd struct {
	started
	t        *testing.T
	pictures [][]byte
	want     []predictor.Prediction
	good     atomic.Int64
}

func (c *crowd) run(n int) {
	c.good.Store(0)
	var next atomic.Int64
	var clients sync.WaitGroup
	for range connections {
		clients.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				c.one(client, i)
			}
		})
	}
	clients.Wait()
}

// one is the i-th request. Of a hundred, two thirds are good.
func (c *crowd) one(client *http.Client, i int) {
	k := i % len(c.pictures)
	picture := c.pictures[k]
	post := func(status int, body io.Reader) {
		if r, err := send(c.t, client, c.url, body); err != nil || r.status != status || r.Error == "" {
			c.t.Errorf("request %d: %+v, %v; want %d", i, r, err, status)
		}
	}
	declared := func(bytes int) string {
		return fmt.Sprintf("POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", bytes)
	}
	switch kind := i % 100; {
	case kind < 5:
		post(415, bytes.NewReader(picture[100:]))
	case kind < 10:
		post(422, bytes.NewReader(picture[:len(picture)*2/3]))
	case kind < 15:
		post(422, bytes.NewReader(hugePNG(uint32(50_000+i), 60_000)))
	case kind < 17:
		post(413, io.MultiReader(bytes.NewReader(picture), bytes.NewReader(make([]byte, 1<<20))))
	case kind < 20:
		c.raw(i, declared(10<<30), "HTTP/1.1 413")
	case kind < 25: // hangs up in the middle of the body
		c.raw(i, declared(len(picture))+string(picture[:len(picture)/2]), hangUp)
	case kind < 28: // and in the header
		c.raw(i, "POST /api/predict HTTP/1.1\r\nHos", hangUp)
	case kind < 29: // goes on waiting in the middle of the body
		c.raw(i, declared(len(picture))+string(picture[:1000]), "HTTP/1.1 408")
	case kind < 30:
		c.raw(i, "\x16\x03\x01\x02\x00 is no HTTP\r\n\r\n", "HTTP/1.1 400")
	case kind < 32:
		c.get(client, i, "/api/predict", 405)
	case kind < 34:
		c.get(client, i, "/wp-login.php", 404)
	default:
		c.predict(client, i, k)
	}
}

// predict sends a good picture.
func (c *crowd) predict(client *http.Client, i, k int) {
	r, err := send(c.t, client, c.url, bytes.NewReader(c.pictures[k]))
	want := c.want[k]
	if err != nil || r.status != 200 || r.Label != want.Label || len(r.Top) != 5 || math.Abs(r.Top[0].Probability-want.Probs[want.Index]) > 1e-4 {
		c.t.Errorf("request %d: %+v, %v; want %s with %g", i, r, err, want.Label, want.Probs[want.Index])
		return
	}
	c.good.Add(1)
}

func (c *crowd) get(client *http.Client, i int, path string, status int) {
	answer, err := client.Get(c.url + path)
	if err != nil {
		c.t.Errorf("request %d: %v", i, err)
		return
	}
	if r, err := parse(answer); err != nil || r.status != status {
		c.t.Errorf("request %d: %+v, %v; want %d", i, r, err, status)
	}
}

// hangUp is what raw waits for where it waits for nothing.
const hangUp = ""

// raw sends text over a connection of its own, and waits for an answer that begins with want.
func (c *crowd) raw(i int, text, want string) {
	connection, err := net.Dial("tcp", c.address)
	if err != nil {
		c.t.Errorf("request %d: %v", i, err)
		return
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, text); err != nil {
		c.t.Errorf("request %d: %v", i, err)
		return
	}
	if want == hangUp {
		return
	}
	if got, err := io.ReadAll(connection); err != nil || !strings.HasPrefix(string(got), want) {
		c.t.Errorf("request %d: %.100q, %v; want %s", i, got, err, want)
	}
}
