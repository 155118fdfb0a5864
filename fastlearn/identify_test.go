package fastlearn_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Every file that is written here is read by each opener of weights, or the error says what it is and what reads it.
func TestEveryFileByEveryOpener(t *testing.T) {
	collector.Off(t)
	paths := fixture.ColourFolders(t, 4, "blue", "red")
	dls, err := fixture.ColourBlock().DataLoaders(paths, data.BatchSize(4))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()), fastlearn.Callbacks(fastlearn.Checkpoint("run", 0), callback.CSVLogger("history.csv")))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	must := func(path string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	must("", learn.Fit(t.Context(), 1, fastlearn.LR(1e-4)))
	choices, html := filepath.Join(learn.Path, "choices.csv"), filepath.Join(learn.Path, "report.html")
	must("", os.WriteFile(choices, []byte(strings.Join(files.ChoiceHeads, ",")+"\n"), 0o666))
	must("", os.WriteFile(html, []byte("<!DOCTYPE html>\n<html lang=\"en\">"), 0o666))
	saved, run := must(learn.Save("saved")), must(learn.ModelFile("run"))
	bare, body := must(learn.Save("bare", fastlearn.WithoutOpt())), must(learn.SaveBody("body"))
	safe, safeBody := must(learn.Save("bare.safetensors", fastlearn.WithoutOpt())), must(learn.SaveBody("body.safetensors"))
	exported, history := must(learn.Export("exported")), filepath.Join(learn.Path, "history.csv")
	script := filepath.Join(parity.Root(), "torch", "jit", "testdata", "net.pt")
	live := torch.LiveTensors()
	says := map[string]string{
		saved: "Learner.Load reads it", run: "a training checkpoint: Resume", bare: "Learner.Load reads them", safe: "Learner.Load reads them",
		body: "Weights and nn.LoadFile read", safeBody: "Weights and nn.LoadFile read", exported: "predictor.Load reads it",
		choices: "ReadChoices reads it", history: "ReadCSV reads it", html: "a browser", script: "jit.Load reads it",
	}
	weights := []string{saved, run, bare, safe, body, safeBody, exported}
	for _, opener := range []struct {
		name  string
		open  func(path string) error
		reads []string
		plain bool // the package knows nothing of learners: its error names the file alone
	}{
		{"predictor.Load", func(path string) error {
			p, err := predictor.Load(path)
			if err == nil {
				p.Close()
			}
			return err
		}, []string{exported}, false},
		{"Load", func(path string) error { return learn.Load(path, fastlearn.WithoutOpt()) }, []string{saved, run, bare, safe, exported}, false},
		{"Weights", func(path string) error {
			l, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(path), fastlearn.Logger(nil), fastlearn.NoNormalize())
			if err == nil {
				l.Close()
			}
			return err
		}, []string{body, safeBody}, false},
		{"Resume", func(path string) error {
			return learn.OpenResume(path)
		}, []string{run}, false},
		{"ReadCSV", func(path string) error { _, err := data.ReadCSV(path); return err }, []string{choices, history}, false},
		{"ReadChoices", func(path string) error { _, err := clean.ReadChoices(path); return err }, []string{choices}, false},
		{"nn.LoadFile", func(path string) error {
			_, err := nn.LoadFile(learn.Model, path, nn.LoadOptions{})
			return err
		}, []string{saved, run, bare, safe, exported}, true},
		{"checkpoint.Open", func(path string) error {
			f, err := checkpoint.Open(path)
			if err == nil {
				err = f.Close()
			}
			return err
		}, weights, true},
		{"jit.Load", func(path string) error {
			m, err := jit.Load(path)
			if err == nil {
				nn.Close(m)
			}
			return err
		}, []string{script}, true},
		{"vision.Open", func(path string) error { _, err := vision.Open(path); return err }, nil, true},
	} {
		for _, path := range append(weights, choices, history, html, script) {
			t.Run(opener.name+" "+filepath.Base(path), func(t *testing.T) {
				err := opener.open(path)
				switch {
				case slices.Contains(opener.reads, path):
					if err != nil {
						t.Error(err)
					}
				case err == nil:
					t.Error("it is read")
				case !strings.Contains(err.Error(), path) || !opener.plain && !strings.Contains(err.Error(), says[path]):
					t.Errorf("got the error %v, want %q", err, says[path])
				}
			})
		}
	}
	if n := torch.LiveTensors() - live; n > 0 {
		t.Errorf("%d tensors live", n)
	}
}
