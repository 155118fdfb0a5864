package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
)

// app answers requests.
type app struct {
	limits
	predictor *predictor.Predictor
	taken     chan struct{} // holds an element for each place that is taken
	ending    atomic.Bool
	failures  failures
}

// serve answers until ctx is done. Then it takes no new requests, and those that run may end.
func serve(ctx context.Context, listener net.Listener, predictor *predictor.Predictor, l limits) error {
	a := &app{limits: l, predictor: predictor, taken: make(chan struct{}, l.places)}
	server := a.server()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.ending.Store(true)
	grace, cancel := context.WithTimeout(context.Background(), l.grace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close() // which cancels what still runs
		return fmt.Errorf("requests that still ran after %v were cut off", l.grace)
	}
	return nil
}

// server bounds how long a client may take to ask, and to take its answer: one that sends a
// byte now and then loses its connection.
func (a *app) server() *http.Server {
	return &http.Server{
		Handler:           a.routes(),
		ReadHeaderTimeout: min(5*time.Second, a.timeout),
		ReadTimeout:       a.timeout,
		WriteTimeout:      a.timeout + 5*time.Second, // so that a request that took too long is still told
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	route(mux, http.MethodPost, "/api/predict", a.predict)
	route(mux, http.MethodGet, "/healthz", a.health)
	route(mux, http.MethodGet, "/readyz", a.ready)
	for path, file := range pageFiles {
		mux.HandleFunc("GET "+path, file.serve)
		mux.Handle(path, wrongMethod(http.MethodGet))
	}
	mux.Handle("/", answer(func(w http.ResponseWriter, r *http.Request) (any, error) {
		return nil, &problem{http.StatusNotFound, "There is nothing at " + r.URL.Path + "."}
	}))
	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(answer(func(http.ResponseWriter, *http.Request) (any, error) {
		return nil, &problem{http.StatusForbidden, "Pages of other sites may not send pictures here."}
	}))
	return secured(foreign.Handler(mux))
}

// route answers one method at a path, and tells others which it is.
func route(mux *http.ServeMux, method, path string, f func(http.ResponseWriter, *http.Request) (any, error)) {
	mux.Handle(method+" "+path, answer(f))
	mux.Handle(path, wrongMethod(method))
}

func wrongMethod(method string) http.Handler {
	return answer(func(w http.ResponseWriter, r *http.Request) (any, error) {
		allow := method
		if method == http.MethodGet {
			allow = "GET, HEAD" // which a mux answers likewise
		}
		w.Header().Set("Allow", allow)
		return nil, &problem{http.StatusMethodNotAllowed, fmt.Sprintf("%s answers %s, not %s.", r.URL.Path, method, r.Method)}
	})
}

// secured tells browsers to load nothing that is not the page's own.
func secured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache")
		h.ServeHTTP(w, r)
	})
}
