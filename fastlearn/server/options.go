package server

import (
	"errors"
	"fmt"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/hosts"
)

// An Option changes what a client can ask for at most.
type Option func(*limits)

type limits struct {
	bytes   int64         // of a picture's file
	pixels  int           // of a picture
	places  int           // requests that are read, wait or run at the same time
	timeout time.Duration // of a request, its reading included
	grace   time.Duration // of requests that run when the server is told to end
	hosts   hosts.Allowed // names that requests may have
	name    string        // of the model
	folder  string        // of samples
	samples []pageFile
}

// MaxBytes sets the size of the largest file, in bytes (default 10 << 20).
func MaxBytes(n int64) Option { return func(l *limits) { l.bytes = n } }

// MaxPixels sets the most pixels of a picture (default 25 million). Decoding takes up to 15 bytes for each, on each
// processor, and leaves as much behind until it is collected.
func MaxPixels(n int) Option { return func(l *limits) { l.pixels = n } }

// Places sets how many requests are read, wait or run at the same time (default 64). Others are told to come again.
func Places(n int) Option { return func(l *limits) { l.places = n } }

// Timeout sets the longest that a request may take, its upload included (default 15 seconds).
func Timeout(d time.Duration) Option { return func(l *limits) { l.timeout = d } }

// Grace sets how long requests may go on after the server was told to end (default 30 seconds).
func Grace(d time.Duration) Option { return func(l *limits) { l.grace = d } }

// Hosts allows requests to name these hosts, such as the name of a proxy, without ports. Without it a request's Host must be localhost, an address or, unless the server
// listens on loopback alone, the machine's name; others are answered by 421, so that no page of another site can use the server by a name of its own.
func Hosts(names ...string) Option { return func(l *limits) { l.hosts.Add(names...) } }

// Name sets the model's name, which the page and the metrics show (default: the file's without its extension, of [Run]; else "model").
func Name(s string) Option { return func(l *limits) { l.name = s } }

// Samples has the page offer up to 12 pictures of a folder, and of those below it, to try the model with: whoever sees the page sees them. They are read once, and
// sent as JPEGs of at most 512 × 512 pixels. A folder of which none can be read is an error. The default offers none.
func Samples(dir string) Option { return func(l *limits) { l.folder = dir } }

func limitsOf(opts []Option) (limits, error) {
	l := limits{bytes: 10 << 20, pixels: 25_000_000, places: 64, timeout: 15 * time.Second, grace: 30 * time.Second, name: "model"}
	err := guard.Options("server: New", opts, func(o Option) { o(&l) })
	if err = errors.Join(err, l.check()); err == nil && l.folder != "" {
		l.samples, err = l.findSamples(l.folder)
	}
	return l, err
}

func (l limits) check() error {
	switch {
	case l.bytes < 1:
		return fmt.Errorf("server: MaxBytes(%d): want 1 or more", l.bytes)
	case l.pixels < 1:
		return fmt.Errorf("server: MaxPixels(%d): want 1 or more", l.pixels)
	case l.places < 1:
		return fmt.Errorf("server: Places(%d): want 1 or more", l.places)
	case l.timeout <= 0:
		return fmt.Errorf("server: Timeout(%v): want more than nothing, such as 15s", l.timeout)
	case l.grace < 0:
		return fmt.Errorf("server: Grace(%v): want 0 or more", l.grace)
	}
	return nil
}
