package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Run is a program's whole work: it loads a file of [fastlearn.Learner.Export], tries it out, listens at address, such as
// "127.0.0.1:8080" or ":8080" for all networks, logs its URL and serves until ctx is done.
func Run(ctx context.Context, file, address string, opts ...Option) error {
	if err := guard.Context("server: Run", ctx); err != nil {
		return err
	}
	base := filepath.Base(file)
	l, err := limitsOf(append([]Option{Name(strings.TrimSuffix(base, filepath.Ext(base)))}, opts...))
	if err != nil {
		return err
	}
	p, err := predictor.Load(file, predictor.Batching(16, 0))
	if err != nil {
		return err
	}
	if err := tryOut(ctx, p); err != nil {
		return errors.Join(fmt.Errorf("server: %s: the model fails on a picture to try it out: %w", file, err), p.Close())
	}
	return run(ctx, p, address, l)
}

// run serves a predictor until ctx is done, and closes it.
func run(ctx context.Context, p *predictor.Predictor, address string, l limits) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(fmt.Errorf("server: address %s: %w", address, err), p.Close())
	}
	log.Printf("http://%s", listener.Addr())
	if err := newServer(p, l).Serve(ctx, listener); err != nil {
		return err // the program ends: Close would wait for what was cut off
	}
	return p.Close()
}
