package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// A server that is told to end answers what runs, and takes nothing new.
func TestEnd(t *testing.T) {
	p, m, pictures := heldPredictor(t)
	s := start(t, p, usual)
	running := make(chan reply, 1)
	go func() {
		r, err := send(t, http.DefaultClient, s.url, bytes.NewReader(pictures[0]))
		if err != nil {
			t.Error(err)
		}
		running <- r
	}()
	<-m.begun
	ended := make(chan error, 1)
	go func() { ended <- s.end() }()
	parity.Until(t, "new requests are refused", func() bool {
		connection, err := net.Dial("tcp", s.address)
		if err == nil {
			connection.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	select {
	case err := <-ended:
		t.Fatalf("it ended with a request running: %v", err)
	default:
	}
	m.hold <- struct{}{}
	if r := <-running; r.status != 200 {
		t.Errorf("the request that ran: %+v", r)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What doesn't end within the grace is cut off.
func TestEndWithoutGrace(t *testing.T) {
	p, m, pictures := heldPredictor(t)
	l := usual
	l.grace = 50 * time.Millisecond
	s := start(t, p, l)
	cut := make(chan error, 1)
	go func() {
		_, err := send(t, http.DefaultClient, s.url, bytes.NewReader(pictures[0]))
		cut <- err
	}()
	<-m.begun
	if err := s.end(); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("it ended with %v", err)
	}
	if err := <-cut; err == nil {
		t.Error("a request that hangs was answered")
	}
}

// What is cut off is not waited for: the program ends, whatever its model still does.
func TestProgramEndsWithoutGrace(t *testing.T) {
	p, _, _ := heldPredictor(t)
	l := usual
	l.grace = 50 * time.Millisecond
	quiet(t)
	ctx, cancel := context.WithCancel(t.Context())
	listener, err := net.Listen("tcp", "127.0.0.1:0") // for a port that is free
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := run(ctx, p, address, l); err == nil || !strings.Contains(err.Error(), "address "+address) {
		t.Errorf("a port in use: %v", err)
	}
	_ = listener.Close()
	p, m, pictures := heldPredictor(t)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, p, address, l) }()
	go func() {
		for {
			if _, err := send(t, http.DefaultClient, "http://"+address, bytes.NewReader(pictures[0])); !errors.Is(err, syscall.ECONNREFUSED) {
				return
			}
			time.Sleep(25 * time.Millisecond) // until it listens
		}
	}()
	<-m.begun
	cancel()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "cut off") { // or it waits for ever
		t.Errorf("it ended with %v", err)
	}
}

// Options that would make a server of no use, or one that panics, are refused.
func TestLimits(t *testing.T) {
	if err := usual.check(); err != nil {
		t.Error(err)
	}
	for option, change := range parity.Sorted(map[string]func(*limits){
		"MaxBytes": func(l *limits) { l.bytes = 0 }, "MaxPixels": func(l *limits) { l.pixels = -1 }, "Places": func(l *limits) { l.places = -1 },
		"Timeout": func(l *limits) { l.timeout = 0 }, "Grace": func(l *limits) { l.grace = -1 },
	}) {
		l := usual
		change(&l)
		if err := l.check(); err == nil || !strings.HasPrefix(err.Error(), "server: "+option+"(") {
			t.Errorf("%s: %v", option, err)
		}
	}
}

// A client that sends too slowly loses its connection, in the header or in the body.
func TestSlow(t *testing.T) {
	file, _ := flowers(t, nil)
	l := usual
	l.timeout = 300 * time.Millisecond
	s := start(t, load(t, file), l)
	for name, c := range parity.Sorted(map[string]struct{ begin, want string }{
		"header": {"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", ""},
		"body":   {"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", "HTTP/1.1 408"},
		"other":  {"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", "HTTP/1.1 405"},
	}) {
		connection, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		fmt.Fprint(connection, c.begin)
		parity.Until(t, "the connection is closed", func() bool {
			_, err := connection.Write([]byte("a"))
			return err != nil
		})
		if got, _ := io.ReadAll(connection); !strings.HasPrefix(string(got), c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
