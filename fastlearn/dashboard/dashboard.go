// Package dashboard serves the page of a training while it runs: how far it is, how long it will
// take, the table, the curves, what the latest validation confused and lost most on, the data and the
// model. It is the page that package report writes, and it changes as the training goes on, by
// server-sent events.
//
//	board, err := dashboard.New(":8080")
//	defer board.Close()
//	fmt.Println("see", board.URL())
//	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Callbacks(board))
//
// # Who can see it
//
// The page shows pictures of the training set to whoever can reach it; there is no password. So an
// address without a host, such as ":8080", means the machine itself, 127.0.0.1, and not, as
// elsewhere in Go, all of its networks. A host that is written out is obeyed: "0.0.0.0:8080" serves
// everyone who can reach the machine. To look at a training on another machine, leave it at
// loopback and use ssh -L 8080:localhost:8080.
//
// A request must name a host that is the machine's: localhost, an IP address (on loopback, one of
// loopback), the machine's own name, or one that [Hosts] allows. So no page of another site can
// read this one by a name that it points here (DNS rebinding).
//
// # The training comes first
//
// The training hands over where it is at most four times a second and never waits: pages are
// written, and the pictures of the results opened, on other goroutines and only where somebody looks,
// and a viewer who doesn't read is cut off. Closing
// the board, or a browser, changes nothing in the training. What is kept is bounded: 20 fits, 500
// epochs of each, 500 points of each curve, and of the latest validation each item's class, what was
// said of it and its loss. The validation is the training's own: the model doesn't run for the page.
// Once for each learner and its DataLoaders a small batch is made to be shown, and the random numbers that this
// takes are given back.
package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/hosts"
)

// Board is a callback and the server of its page. Its methods may be called from any goroutine, its
// events by one learner at a time.
type Board struct {
	title    string
	hosts    hosts.Allowed
	url      string
	server   *http.Server
	interval time.Duration // between two looks at the training
	write    time.Duration // that a viewer may take to read what is sent

	history page.History
	count   counter
	gather  *fastlearn.PredsGatherer

	drawing     sync.Mutex // of now.drawn, taken before mu
	connections atomic.Int64

	writing sync.Mutex // of written, taken before mu
	written written

	mu      sync.Mutex
	now     state
	changed chan struct{} // closed when now changes
	closed  bool
	viewers int

	willDraw bool
}

// Option changes a default of [New].
type Option func(*Board)

// Title sets the title of the page (default "Training").
func Title(s string) Option { return func(b *Board) { b.title = s } }

// Hosts allows requests to name these hosts too, such as the name of a proxy; without ports.
func Hosts(names ...string) Option { return func(b *Board) { b.hosts.Add(names...) } }

// New begins to serve at addr, a host and a port: ":8080" and "localhost:8080" are this machine
// alone, port 0 is any that is free. It is an error if the port is taken. Close ends it.
func New(addr string, opts ...Option) (*Board, error) {
	b := &Board{title: "Training", interval: time.Second / 4, write: 10 * time.Second, changed: make(chan struct{}),
		gather: fastlearn.GatherPreds(fastlearn.WithoutProbs())}
	if err := guard.Options("dashboard", opts, func(o Option) { o(b) }); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("dashboard: the address %q: %w: want a host and a port, such as \":8080\"", addr, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	at := l.Addr().(*net.TCPAddr)
	b.hosts.Local = at.IP.IsLoopback()
	shown := at.IP.String()
	if at.IP.IsUnspecified() {
		shown = "localhost"
	}
	b.url = "http://" + net.JoinHostPort(shown, fmt.Sprint(at.Port)) + "/"
	b.now.said = "Waiting for the training to begin."
	b.server = &http.Server{
		Handler: b.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: quiet, ConnState: b.limit,
	}
	go func() {
		_ = b.server.Serve(l) // it ends with Close, and nobody waits for it
	}()
	return b, nil
}

// URL is where the page is.
func (b *Board) URL() string {
	if b == nil {
		return ""
	}
	return b.url
}

// Close tells the viewers that the page stays as it is, and ends the server. The board may stay a
// callback: all it does then is to remember fits for a report. It may be called again, on nil too.
func (b *Board) Close() error {
	if b == nil || b.server == nil {
		return nil
	}
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	if first {
		close(b.changed)
	}
	b.mu.Unlock()
	if !first {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := b.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // someone doesn't read
		err = b.server.Close()
	}
	if err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	return nil
}
