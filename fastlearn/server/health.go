package server

import (
	"context"
	"image"
	"image/color"
	"net/http"
	"sync"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
)

// health says that the process answers.
func (s *Server) health(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]string{"status": "ok"}, nil
}

// ready says whether a picture that is sent now is taken, which balancers ask.
// After predictions that failed it tries the model, so that a lone picture that the model can't cope with is
// no reason to leave, and a model that always fails is one.
func (s *Server) ready(_ http.ResponseWriter, r *http.Request) (any, error) {
	switch {
	case s.ending.Load():
		return nil, &problem{http.StatusServiceUnavailable, "The server is ending."}
	case len(s.taken) == cap(s.taken):
		return nil, &problem{http.StatusServiceUnavailable, "The server has too much to do."}
	case s.failures.often(), s.failures.any() && s.tryOut(r.Context()) != nil:
		return nil, &problem{http.StatusServiceUnavailable, "The model fails; the server's log says why."}
	}
	return map[string]string{"status": "ready"}, nil
}

// tryOut predicts a drawn picture.
func (s *Server) tryOut(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return tryOut(ctx, s.predictor)
}

// tryOut predicts a picture of soft colours, which every model copes with.
func tryOut(ctx context.Context, predictor *predictor.Predictor) error {
	picture := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			picture.SetRGBA(x, y, color.RGBA{byte(64 + 2*x), byte(64 + 2*y), byte(192 - x - y), 255})
		}
	}
	_, err := predictor.PredictImage(ctx, picture)
	return err
}

// failures counts the predictions that failed since the last one that didn't, by no fault of the client's.
type failures struct {
	mu   sync.Mutex
	n    int
	last time.Time
}

// count counts a prediction.
func (f *failures) count(failed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !failed {
		f.n = 0
		return
	}
	f.n++
	f.last = time.Now()
}

func (f *failures) any() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n > 0
}

// often tells of several failures in a row, until there was none for half a minute: then requests may come again and
// show whether the model has recovered.
func (f *failures) often() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n >= 3 && time.Since(f.last) < 30*time.Second
}
