package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
)

// likeliest is how many classes an answer has.
const likeliest = 5

// prediction is an answer of /api/predict.
type prediction struct {
	Label        string  `json:"label"`
	Top          []class `json:"top"` // the likeliest classes; none where the model's outputs are numbers
	Width        int     `json:"width"`
	Height       int     `json:"height"`
	Milliseconds float64 `json:"milliseconds"`
}

type class struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// predict answers what the picture in a request's body shows. A request has a place from its
// first byte to its answer, so that the places bound memory; where all are taken it is told at
// once to come again. A client that hangs up cancels its request.
func (s *Server) predict(w http.ResponseWriter, r *http.Request) (any, error) {
	begun := time.Now()
	if s.ending.Load() {
		return nil, &problem{http.StatusServiceUnavailable, "The server is ending."}
	}
	select {
	case s.taken <- struct{}{}:
		defer func() { <-s.taken }()
	default:
		return nil, &problem{http.StatusServiceUnavailable, "The server has too much to do. Try again in a moment."}
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	file, err := s.read(w, r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	width, height, err := s.sizeOf(file)
	if err != nil {
		return nil, err
	}
	p, err := s.predictor.PredictBytes(ctx, file)
	if err != nil {
		return nil, s.explain(err)
	}
	s.failures.count(false)
	return prediction{
		Label: p.Label, Top: top(p, s.predictor.Vocab()), Width: width, Height: height,
		Milliseconds: float64(time.Since(begun).Microseconds()) / 1000,
	}, nil
}

// explain says what became of a prediction that failed.
func (s *Server) explain(err error) error {
	var bad *predictor.PictureError
	switch {
	case errors.Is(err, context.Canceled):
		return errGone
	case errors.Is(err, context.DeadlineExceeded):
		return &problem{http.StatusGatewayTimeout, fmt.Sprintf("The answer took longer than %v. Try again later.", s.timeout)}
	case errors.Is(err, predictor.ErrClosed):
		return &problem{http.StatusServiceUnavailable, "The server is ending."}
	case errors.As(err, &bad):
		return &problem{http.StatusUnprocessableEntity, sentence("The picture is damaged or can't be used: " + errors.Unwrap(bad.Err).Error())}
	}
	s.failures.count(true)
	return err
}

// sentence ends text, unless it asks.
func sentence(text string) string {
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// top are the likeliest classes, the first the likeliest; of numbers none.
func top(p predictor.Prediction, vocab []string) []class {
	all := []class{}
	for _, i := range p.Top(likeliest) {
		if i < len(vocab) {
			all = append(all, class{vocab[i], p.Probs[i]})
		}
	}
	return all
}
