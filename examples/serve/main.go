// Serve answers what pictures show, over HTTP: a page to drop them on, and an API.
//
//	go run ./examples/serve flowers.safetensors    # a file of Learner.Export; then open http://127.0.0.1:8080
//	curl --data-binary @rose.jpg http://127.0.0.1:8080/api/predict
//
// It listens to this machine alone unless -address says otherwise, and has neither TLS nor
// accounts: on a network put it behind a proxy that has them. Ctrl-C and SIGTERM let
// requests that run end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
)

// limits are what a client can ask for at most.
type limits struct {
	bytes   int64         // of a picture's file
	pixels  int           // of a picture
	places  int           // requests that are read, wait or run at the same time
	timeout time.Duration // of a request, its reading included
	grace   time.Duration // of requests that run when the server is told to end
}

func (l limits) check() error {
	switch {
	case l.bytes < 1:
		return fmt.Errorf("-max-bytes %d: want 1 or more", l.bytes)
	case l.pixels < 1:
		return fmt.Errorf("-max-pixels %d: want 1 or more", l.pixels)
	case l.places < 1:
		return fmt.Errorf("-places %d: want 1 or more", l.places)
	case l.timeout <= 0:
		return fmt.Errorf("-timeout %v: want more than nothing, such as 15s", l.timeout)
	case l.grace < 0:
		return fmt.Errorf("-grace %v: want 0 or more", l.grace)
	}
	return nil
}

func main() {
	log.SetFlags(0)
	var l limits
	address := flag.String("address", "127.0.0.1:8080", "where to listen; :8080 is all networks")
	flag.Int64Var(&l.bytes, "max-bytes", 10<<20, "the largest file")
	flag.IntVar(&l.pixels, "max-pixels", 25_000_000, "the most pixels of a picture; decoding takes up to 15 bytes for each, on each processor, and leaves as much behind until it is collected")
	flag.IntVar(&l.places, "places", 64, "requests at the same time; others are told to come again")
	flag.DurationVar(&l.timeout, "timeout", 15*time.Second, "the longest a request may take, its upload included")
	flag.DurationVar(&l.grace, "grace", 30*time.Second, "how long requests may go on after Ctrl-C or SIGTERM")
	flag.Parse()
	if err := l.check(); err != nil {
		log.Fatal("serve: ", err)
	}
	if flag.NArg() != 1 {
		log.Fatal("usage: serve [-flag …] FILE, which Learner.Export wrote; serve -h lists the flags")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	file := flag.Arg(0)
	p, err := predictor.Load(file, predictor.Batching(16, 0))
	if err == nil {
		if err = tryOut(ctx, p); err != nil {
			err = fmt.Errorf("%s: the model fails on a picture to try it out: %w", file, err)
		}
	}
	if err == nil {
		err = run(ctx, p, *address, l)
	}
	if err != nil {
		log.Fatal("serve: ", err)
	}
}

// run serves a predictor until ctx is done, and closes it.
func run(ctx context.Context, predictor *predictor.Predictor, address string, l limits) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(fmt.Errorf("-address %s: %w", address, err), predictor.Close())
	}
	log.Printf("http://%s", listener.Addr())
	if err := serve(ctx, listener, predictor, l); err != nil {
		return err // the program ends: Close would wait for what was cut off
	}
	return predictor.Close()
}
