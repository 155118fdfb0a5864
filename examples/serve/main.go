// Serve answers what pictures show, over HTTP: a page to drop them on, and an API.
//
//	go run ./examples/serve flowers.safetensors    # a file of Learner.Export; then open http://127.0.0.1:8080
//	curl --data-binary @rose.jpg http://127.0.0.1:8080/api/predict
//
// By default it listens on localhost only; -address changes that. It has neither TLS nor
// accounts: on a network put it behind a proxy that has them. Ctrl-C and SIGTERM let
// requests that run end. The package fastlearn/server does the work.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/server"
)

func main() {
	log.SetFlags(0)
	address := flag.String("address", "127.0.0.1:8080", "where to listen; :8080 is all networks")
	maxBytes := flag.Int64("max-bytes", 10<<20, "the largest file")
	maxPixels := flag.Int("max-pixels", 25_000_000, "the most pixels of a picture; decoding takes up to 15 bytes for each, on each processor, and leaves as much behind until it is collected")
	places := flag.Int("places", 64, "requests at the same time; others are told to come again")
	timeout := flag.Duration("timeout", 15*time.Second, "the longest a request may take, its upload included")
	grace := flag.Duration("grace", 30*time.Second, "how long requests may go on after Ctrl-C or SIGTERM")
	hosts := flag.String("hosts", "", "names that requests may have beside this machine's, such as a proxy's, with commas between")
	samples := flag.String("samples", "", "a folder of pictures, of which the page offers 12 to try")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: serve [-flag …] FILE, which Learner.Export wrote; serve -h lists the flags")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	err := server.Run(ctx, flag.Arg(0), *address,
		server.MaxBytes(*maxBytes), server.MaxPixels(*maxPixels), server.Places(*places), server.Timeout(*timeout), server.Grace(*grace), server.Hosts(strings.Split(*hosts, ",")...), server.Samples(*samples))
	if err != nil {
		log.Fatal("serve: ", err)
	}
}
