package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/pypi"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// The sides of a search for wrong labels.
const (
	cleanlab = "cleanlab"
	ours     = "clean.Suspects"
)

// labelled are the features of all photographs by the frozen body, and their classes.
type labelled struct {
	features [][]float32
	labels   []int
	classes  int
}

var frozen *labelled // made once

// suspects plants wrong labels by the seed and measures which part of them is in the first tenth of a side's list.
func suspects(ctx context.Context, side, data string, recipe *Recipe, seed int) (*Run, error) {
	if frozen == nil {
		all, err := lookAt(ctx, data)
		if err != nil {
			return nil, err
		}
		frozen = all
	}
	all, n := frozen, len(frozen.labels)
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	given, planted := slices.Clone(all.labels), map[int]bool{}
	for _, i := range rng.Perm(n)[:int(recipe.Wrong*float64(n))] {
		planted[i], given[i] = true, (given[i]+1+rng.IntN(all.classes-1))%all.classes
	}
	var order []int
	var err error
	if side == cleanlab {
		order, err = cleanlabOrder(ctx, all.features, given, seed)
	} else {
		var ranked []clean.Suspect
		ranked, err = clean.Suspects(ctx, all.features, given, int64(seed))
		for _, s := range ranked {
			order = append(order, s.Item)
		}
	}
	if err != nil {
		return nil, err
	}
	found := 0
	for _, i := range order[:n/10] {
		if planted[i] {
			found++
		}
	}
	return &Run{Side: side, Recipe: recipe.Name, Seed: seed, Accuracy: float64(found) / float64(len(planted))}, nil
}

// lookAt makes the features of all photographs below a folder.
func lookAt(ctx context.Context, dir string) (*labelled, error) {
	weights, err := liteWeights(lite0)
	if err != nil {
		return nil, err
	}
	dls, err := data.FromFolder(dir, data.ValidPct(0.2), data.SplitSeed(42), data.BatchSize(64), data.ItemTfms(vision.Resize(224)))
	if err != nil {
		return nil, err
	}
	defer dls.Close()
	arch, err := models.Get(lite0)
	if err != nil {
		return nil, err
	}
	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.Logger(nil), fastlearn.Weights(weights, inOrder))
	if err != nil {
		return nil, err
	}
	defer learn.Close()
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	all := &labelled{classes: len(dls.Vocab)}
	for _, f := range files {
		all.labels = append(all.labels, slices.Index(dls.Vocab, filepath.Base(filepath.Dir(f))))
	}
	all.features, err = clean.Features(ctx, learn, files, nil)
	return all, err
}

// cleanlabOrder ranks by cleanlab's defaults: its own out-of-fold probabilities, in five folds, of its own classifier.
func cleanlabOrder(ctx context.Context, features [][]float32, labels []int, seed int) (order []int, err error) {
	cache, err := pypi.Folder(cleanlab, "install", "--no-deps", "--target", ".", "cleanlab==2.9.0", "termcolor==3.3.0")
	if err != nil {
		return nil, err
	}
	given, err := json.Marshal(map[string]any{"features": features, "labels": labels, "seed": seed})
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, os.Getenv("FASTLEARN_VENV_PYTHON"), filepath.Join("scripts", "results", "cleanlab_run.py"))
	cmd.Stdin, cmd.Stderr, cmd.Env = bytes.NewReader(given), os.Stderr, append(os.Environ(), "PYTHONPATH="+cache)
	printed, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return order, json.Unmarshal(printed, &order)
}
