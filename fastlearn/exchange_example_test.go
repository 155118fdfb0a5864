package fastlearn_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// toPython writes what Python reads on the page about checkpoints.
func toPython(learn *fastlearn.Learner) error {
	path, err := learn.Save("flowers")
	if err != nil {
		return err
	}
	bare, err := learn.Save("bare", fastlearn.WithoutOpt())
	if err != nil {
		return err
	}
	safe, err := learn.Save("bare.safetensors", fastlearn.WithoutOpt())
	if err != nil {
		return err
	}
	body, err := learn.SaveBody("body.pth")
	if err != nil {
		return err
	}
	for i, want := range []string{"models/flowers.pth", "models/bare.pth", "models/bare.safetensors", "models/body.pth"} {
		if got := []string{path, bare, safe, body}[i]; got != want {
			return fmt.Errorf("%s, want %s", got, want)
		}
	}
	return nil
}

// fromPython reads what Python wrote there.
func fromPython(dls *data.Loaders, learn *fastlearn.Learner) error {
	err := learn.Load("python")
	if err != nil {
		return err
	}
	if learn.Opt == nil || learn.Opt.Params()[0].State["grad_avg"] == nil {
		return fmt.Errorf("no optimizer came with the file")
	}
	if err := fromTorchvision(dls); err != nil {
		return err
	}
	net := vision.ResNet18.New(10)
	defer nn.Close(net)
	report, err := nn.LoadFile(net, "timm.safetensors", nn.LoadOptions{
		NonStrict: true,
		Prefix:    "encoder.",
		KeyMap: func(key string) string {
			return strings.Replace(key, "head.fc.", "fc.", 1)
		},
		Ignore: []string{"aux."},
	})
	if err != nil || len(report.Missing)+len(report.Unexpected) > 0 {
		return fmt.Errorf("timm's file: %+v, %w", report, err)
	}
	return nil
}

func fromTorchvision(dls *data.Loaders) error {
	for _, file := range []string{"resnet18.pth", "lightning.ckpt"} {
		learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(file))
		if err != nil {
			return err
		}
		if err := learn.Close(); err != nil {
			return err
		}
	}
	return nil
}

// pythonIn is all Python in a page.
func pythonIn(t *testing.T, file string) string {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, part := range strings.Split(string(page), "```python\n")[1:] {
		block, _, _ := strings.Cut(part, "```") // internal/docs sees that it is closed
		all.WriteString(block)
	}
	return all.String()
}

// The page's Go and Python run, in its order: Go writes, all of the page's Python reads that and writes in turn, Go reads that.
func TestCheckpointsPage(t *testing.T) {
	python := parity.Interpreter(t)
	page := pythonIn(t, "../docs/checkpoints.md")
	defer flowers(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.NoLogging())
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FitOneCycle(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if err := toPython(learn); err != nil {
		t.Fatal(err)
	}
	var program bytes.Buffer
	program.WriteString("import warnings; warnings.filterwarnings('ignore')\n")
	program.WriteString(page)
	cmd := exec.CommandContext(t.Context(), python, "-")
	cmd.Stdin = &program
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH=")
	if printed, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	if err := fromPython(dls, learn); err != nil {
		t.Fatal(err)
	}
	if written, err := filepath.Glob("models/*"); err != nil || len(written) != 5 {
		t.Errorf("%v, %v; want Go's four files and python.pth", written, err)
	}
}
