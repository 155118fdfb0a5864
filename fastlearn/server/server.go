package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// A Server answers what pictures show: a page on / to drop them on, an API, and what balancers ask.
type Server struct {
	limits
	predictor *predictor.Predictor
	taken     chan struct{} // holds an element for each place that is taken
	ending    atomic.Bool
	failures  failures
	metrics   metrics
}

// New returns a server of a predictor's predictions. The predictor stays the caller's, to close when the server has ended.
func New(p *predictor.Predictor, opts ...Option) (*Server, error) {
	l, err := limitsOf(opts)
	if err := errors.Join(guard.Given("server: New", p), err); err != nil {
		return nil, err
	}
	return newServer(p, l), nil
}

func newServer(p *predictor.Predictor, l limits) *Server {
	return &Server{limits: l, predictor: p, taken: make(chan struct{}, l.places)}
}

// Handler answers the server's requests, for an http.Server of your own. [Server.Serve] has one with timeouts that fit.
func (s *Server) Handler() http.Handler {
	if s == nil || s.predictor == nil {
		return nil
	}
	return s.routes()
}

// Serve answers until ctx is done, and closes the listener. Then it takes no new requests, and those that run may end; an
// error says that some were cut off. A server serves once.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if err := errors.Join(guard.Given("server: Serve", s, listener), guard.Context("server: Serve", ctx)); err != nil {
		return err
	}
	if s.predictor == nil {
		return errors.New("server: Serve: the Server is empty: make it by New")
	}
	at, tcp := listener.Addr().(*net.TCPAddr)
	s.hosts.Local = tcp && at.IP.IsLoopback()
	server := s.server()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.ending.Store(true)
	grace, cancel := context.WithTimeout(context.Background(), s.grace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close() // which cancels what still runs
		return fmt.Errorf("requests that still ran after %v were cut off", s.grace)
	}
	return nil
}

// server bounds how long a client may take to ask, and to take its answer: one that sends a
// byte now and then loses its connection.
func (s *Server) server() *http.Server {
	return &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: min(5*time.Second, s.timeout),
		ReadTimeout:       s.timeout,
		WriteTimeout:      s.timeout + 5*time.Second, // so that a request that took too long is still told
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /api/predict", s.metrics.count(answer(s.predict)))
	mux.Handle("/api/predict", wrongMethod(http.MethodPost))
	route(mux, http.MethodGet, "/api/model", s.model)
	mux.HandleFunc("GET /metrics", s.serveMetrics)
	mux.Handle("/metrics", wrongMethod(http.MethodGet))
	route(mux, http.MethodGet, "/healthz", s.health)
	route(mux, http.MethodGet, "/readyz", s.ready)
	files := maps.Clone(pageFiles)
	for k, sample := range s.samples {
		files[fmt.Sprintf("/samples/%d", k)] = sample
	}
	for path, file := range files {
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
	return secured(s.named(foreign.Handler(mux)))
}

// named refuses requests by names that aren't the server's.
func (s *Server) named(h http.Handler) http.Handler {
	misdirected := answer(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return nil, &problem{http.StatusMisdirectedRequest, fmt.Sprintf("%q isn't a name of this server: allow it by server.Hosts, or -hosts.", r.Host)}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hosts.Has(r.Host) {
			misdirected.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// model answers what the model is called and tells apart, and how many samples there are.
func (s *Server) model(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]any{"name": s.name, "classes": append([]string{}, s.predictor.Vocab()...), "samples": len(s.samples)}, nil
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
