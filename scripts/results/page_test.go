package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// theRuns are five of each side of a recipe, those of a side the same but for a little.
func theRuns(recipe string, means map[string]float64) []Run {
	var runs []Run
	for side, mean := range means {
		for i, seed := range seeds {
			around := float64(i-2) / 1000
			runs = append(runs, Run{Side: side, Recipe: recipe, Seed: seed, Accuracy: mean + around, TTA: mean + 0.1 + around})
		}
	}
	return runs
}

func TestPageTellsWhoIsOutside(t *testing.T) {
	text := string(page(theRuns("progressive", map[string]float64{fastai: 0.70, fp32: 0.71, bf16: 0.72})))
	for _, want := range []string{
		"| mean | 0.7000 | 0.7100 | 0.7200 |",
		"| mean | 0.8000 | 0.8100 | 0.8200 |", // by TTA
		"| 5 | 0.7020 | 0.7120 | 0.7220 |",
		"`SamplingFastai` less fastai: +0.0100, standard error 0.0010: within the allowed ±0.0150.",
		"`bf16` less fastai: +0.0200, standard error 0.0010: **outside** the allowed ±0.0150.",
		"`Resize(146)`, then size 96, later 128.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// What is trained with one seed has neither mean nor deviation.
func TestPageOfOneSeed(t *testing.T) {
	for got, want := range parity.Sorted(map[float64]string{0.91: "0.9100 is **below** the 0.93 that is wanted.", 0.94: "0.9400 is at least the 0.93"}) {
		text := string(page([]Run{{Side: bf16, Recipe: "article-rest", Seed: 1, Accuracy: 0.9, TTA: got}}))
		_, text, _ = strings.Cut(text, "TTA\n")
		text, _, _ = strings.Cut(text, "\n## ")
		if !strings.Contains(text, want) || !strings.Contains(text, "| 1 | 0.9000 |") || strings.Contains(text, "mean") {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// A wide spread allows more than 1.5 points.
func TestTwoStandardErrorsAreAllowed(t *testing.T) {
	runs := theRuns("mixup", map[string]float64{fastai: 0.70, fp32: 0.72})
	for i := range runs {
		runs[i].Accuracy += float64(runs[i].Seed-3) / 50
	}
	if text := string(page(runs)); !strings.Contains(text, "+0.0200, standard error 0.0210: within the allowed ±0.0420.") {
		t.Error(text)
	}
}

func TestAMissingRunIsNoVerdict(t *testing.T) {
	runs := theRuns("mixup", map[string]float64{fastai: 0.70, fp32: 0.70})
	text := string(page(runs[:len(runs)-1]))
	if !strings.Contains(text, "not all seeds have run") || strings.Contains(text, "NaN") || strings.Contains(text, "less fastai: +0.0000") {
		t.Error(text)
	}
}

// Of wrong labels one point less than cleanlab finds is in order, and more isn't.
func TestPageOfWrongLabels(t *testing.T) {
	for mean, want := range parity.Sorted(map[float64]string{0.695: "less cleanlab: -0.0050, not below the allowed -0.0100.", 0.68: "less cleanlab: -0.0200, **below** the allowed"}) {
		runs := theRuns("suspects", map[string]float64{cleanlab: 0.70, ours: mean})
		if text := string(page(runs)); !strings.Contains(text, want) || !strings.Contains(text, "| 3 | 0.7000 |") || strings.Contains(text, "| 4 | 0.7010 |") {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
		if text := string(page(runs[:len(runs)-3])); !strings.Contains(text, "Not all seeds have run") {
			t.Error("a verdict of runs that are missing")
		}
	}
}

func TestRunsAreKeptAndFoundAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "docs", "runs.jsonl")
	want := Run{Side: bf16, Recipe: "progressive", Seed: 3, Accuracy: 0.5, TTA: 0.625, Epochs: [][]float64{{1, 2, 0.5}}, Seconds: 7}
	for _, run := range []*Run{{Side: fastai, Recipe: "mixup", Seed: 1}, &want} {
		if err := parity.AppendRow(file, run); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := parity.ReadRows[Run](file)
	if err != nil {
		t.Fatal(err)
	}
	got := find(runs, bf16, "progressive", 3)
	if len(runs) != 2 || got == nil || got.TTA != 0.625 || got.Epochs[0][1] != 2 || find(runs, bf16, "progressive", 2) != nil {
		t.Errorf("kept %+v", runs)
	}
	if err := os.WriteFile(file, []byte("{broken\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := parity.ReadRows[Run](file); err == nil {
		t.Error("a broken line is taken")
	}
}

func TestRecipesByName(t *testing.T) {
	got, err := named([]string{"mixup", "finetune"})
	if err != nil || len(got) != 2 || got[0].MixUp != 0.4 || got[1].Stages[1].LR[1] != 1e-4 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := named([]string{"finetunes"}); err == nil {
		t.Error("a recipe of no such name is taken")
	}
}
