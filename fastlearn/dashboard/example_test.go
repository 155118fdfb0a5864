package dashboard_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/dashboard"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// The page of a training, served on this machine for as long as the program runs.
func ExampleNew() {
	ctx := context.Background()
	board, err := dashboard.New(":0", dashboard.Title("Drawn flowers")) // or ":8080"
	if err != nil {
		log.Fatal(err)
	}
	defer board.Close()
	dir, err := os.MkdirTemp("", "dashboard")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := datasets.DrawnFlowers(ctx, dir, datasets.PerClass(6)); err != nil {
		log.Fatal(err)
	}
	dls, err := data.FromFolder(dir, data.ValidPct(0.3), data.SplitSeed(1), data.BatchSize(16),
		data.ItemTfms(vision.Resize(48)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging(),
		fastlearn.Callbacks(board))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	// A browser at board.URL() now follows the training.
	if err := learn.FitOneCycle(ctx, 1, fastlearn.LR(1e-3)); err != nil {
		log.Fatal(err)
	}
	answer, err := http.Get(board.URL())
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Status, strings.Contains(string(page), "The fit has ended: 1 epoch in"))
	// Output: 200 OK true
}
