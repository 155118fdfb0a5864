// Results compares accuracy with Python's fastai on real photographs, over fixed
// seeds, and writes every run into docs/results.md.
//
//	go run ./scripts/results                    # every recipe of recipes.go
//	go run ./scripts/results -recipes mixup     # one of them
//	go run ./scripts/results -recipes ""        # only the page, of the runs there are
//
// Runs are kept in docs/results.jsonl as they end: an interrupted comparison goes on
// where it stopped. Remove lines of that file to run them anew. All of it takes some
// hours on 2 cores that do nothing else.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Run is one training, by either side.
type Run struct {
	Side     string      `json:"side"`
	Recipe   string      `json:"recipe"`
	Seed     int         `json:"seed"`
	Accuracy float64     `json:"accuracy"`
	TTA      float64     `json:"tta,omitempty"`    // accuracy by test-time augmentation
	Epochs   [][]float64 `json:"epochs,omitempty"` // train_loss, valid_loss, accuracy
	Seconds  float64     `json:"seconds,omitempty"`
	Flips    *Flips      `json:"flips,omitempty"` // of a precision
}

func main() {
	log.SetFlags(0)
	shared := flag.String("shared", "../shared", "where the photographs and resnet18's weights are")
	keep := flag.String("runs", "docs/results.jsonl", "where runs are kept")
	out := flag.String("out", "docs/results.md", "the page to write")
	names := flag.String("recipes", "article article-rest article-all finetune onecycle mixup progressive suspects int8-flowers5 int8-flowers102", "what is trained, in this order; nothing: only the page is written")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compare(ctx, *shared, *keep, *out, strings.Fields(*names)); err != nil {
		log.Fatal("results: ", err)
	}
}

func compare(ctx context.Context, shared, keep, out string, names []string) error {
	runs, err := parity.ReadRows[Run](keep)
	if err != nil {
		return err
	}
	chosen, err := named(names)
	if err != nil {
		return err
	}
	for _, recipe := range chosen {
		for _, seed := range recipe.Seeds {
			for _, side := range slices.Backward(recipe.Sides) { // fastai last: it takes our first head
				if find(runs, side, recipe.Name, seed) != nil {
					continue
				}
				run, err := train(ctx, side, shared, recipe, seed)
				if err != nil {
					return fmt.Errorf("%s %s seed %d: %w", side, recipe.Name, seed, err)
				}
				log.Printf("%-14s %-11s seed %d: accuracy %.4f in %.0f s", side, recipe.Name, seed, run.Accuracy, run.Seconds)
				if err := parity.AppendRow(keep, run); err != nil {
					return err
				}
				runs = append(runs, *run)
			}
		}
	}
	return os.WriteFile(out, page(runs), 0o666)
}

func train(ctx context.Context, side, shared string, recipe *Recipe, seed int) (*Run, error) {
	if recipe.Wrong > 0 {
		return suspects(ctx, side, filepath.Join(shared, recipe.Set), recipe, seed)
	}
	python := os.Getenv("FASTLEARN_VENV_PYTHON")
	if python == "" {
		return nil, fmt.Errorf("FASTLEARN_VENV_PYTHON is unset: run make results")
	}
	from := start{data: filepath.Join(shared, recipe.Set), weights: filepath.Join(shared, "weights", "resnet18-imagenette160.pth")}
	if recipe.Arch != resnet18 {
		weights, err := liteWeights(recipe.Arch)
		if err != nil {
			return nil, err
		}
		from.weights = weights
		from.head = filepath.Join("build", "results", fmt.Sprintf("%s-%d-head.pth", recipe.Name, seed))
	}
	if side != fastai {
		return trainHere(ctx, side, from, recipe, seed)
	}
	described, err := json.Marshal(recipe)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, python, filepath.Join("scripts", "results", "fastai_run.py"), from.data, from.weights, from.head, fmt.Sprint(seed), string(described))
	cmd.Stderr = os.Stderr
	printed, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	run := &Run{}
	return run, json.Unmarshal(printed, run)
}

// start is what both sides begin with: photographs, a body's weights, and a file of the first head, where it isn't drawn by each.
type start struct{ data, weights, head string }

func find(runs []Run, side, recipe string, seed int) *Run {
	for i, r := range runs {
		if r.Side == side && r.Recipe == recipe && r.Seed == seed {
			return &runs[i]
		}
	}
	return nil
}
