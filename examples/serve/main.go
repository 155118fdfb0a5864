// Serve answers what pictures show, over HTTP, from a file that Learner.Export wrote.
//
//	go run ./examples/serve flowers.safetensors
//	curl --data-binary @rose.jpg localhost:8080/
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: serve FILE, which Learner.Export wrote")
	}
	if err := serve(os.Args[1], ":8080"); err != nil {
		log.Fatal(err)
	}
}

// serve answers until Ctrl-C, and lets requests that run end.
func serve(file, address string) error {
	predictor, err := fastlearn.LoadPredictor(file, fastlearn.Batching(16, 0))
	if err != nil {
		return err
	}
	defer predictor.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	server := &http.Server{Addr: address, Handler: handler(predictor), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return server.Shutdown(context.Background())
	}
}

// handler answers a picture's bytes with its label and probabilities. A client that hangs up
// cancels its request.
func handler(predictor *fastlearn.Predictor) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const most = 32 << 20
		picture, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		p, err := predictor.PredictBytes(r.Context(), picture)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"label": p.Label, "probs": p.Probs, "vocab": predictor.Vocab()})
	})
}
