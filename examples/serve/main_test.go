package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// A picture that is sent is answered with its label, and what is no picture with an error.
func TestServe(t *testing.T) {
	flowers := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), flowers, datasets.PerClass(4)); err != nil {
		t.Fatal(err)
	}
	dls, err := fastlearn.FromFolder(flowers, fastlearn.ValidPct(0.2), fastlearn.SplitSeed(1), fastlearn.BatchSize(4), fastlearn.ItemTfms(vision.Resize(32)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Pretrained(false), fastlearn.NoLogging())
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	file, err := learn.Export(filepath.Join(t.TempDir(), "flowers"))
	if err != nil {
		t.Fatal(err)
	}
	predictor, err := fastlearn.LoadPredictor(file, fastlearn.Batching(16, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer predictor.Close()
	server := httptest.NewServer(handler(predictor))
	defer server.Close()
	picture := dls.Valid.(*fastlearn.DataLoader).Files()[0]
	want, err := learn.Predict(t.Context(), picture)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.Post(server.URL, "image/jpeg", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var got struct {
		Label string
		Vocab []string
	}
	if err := json.NewDecoder(reply.Body).Decode(&got); err != nil || got.Label != want.Label || !slices.Equal(got.Vocab, dls.Vocab) {
		t.Errorf("%+v, want %s of %v (%v)", got, want.Label, dls.Vocab, err)
	}
	bad, err := http.Post(server.URL, "image/jpeg", bytes.NewReader([]byte("no picture")))
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Body.Close()
	if bad.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no picture: %s", bad.Status)
	}
}
