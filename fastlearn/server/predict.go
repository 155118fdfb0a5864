package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	width, height, err := s.check(file)
	if err != nil {
		return nil, err
	}
	p, err := s.predictor.PredictBytes(ctx, file)
	if err != nil {
		return nil, s.explain(err)
	}
	s.failures.count(false)
	return prediction{
		Label: p.Label, Top: top(p.Probs, s.predictor.Vocab()), Width: width, Height: height,
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

// top are the likeliest classes, the first the likeliest.
func top(probs []float64, vocab []string) []class {
	all := []class{}
	for i, name := range vocab {
		all = append(all, class{name, probs[i]})
	}
	slices.SortStableFunc(all, func(a, b class) int { return cmp.Compare(b.Probability, a.Probability) })
	return all[:min(likeliest, len(all))]
}
