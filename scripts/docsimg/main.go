// Docsimg makes the pictures of docs/img: figures by the steps of examples/flowers that the tutorial goes through, and what pages look like, photographed
// by a headless Chromium. Run it from the root of the repository: make docs-img.
//
//	go run ./scripts/docsimg                  # all of them
//	go run ./scripts/docsimg lr_find report   # some
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/recipe"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

const (
	folder = "docs/img"
	most   = 1_500_000 // bytes of all pictures
)

// figures are files that steps of examples/flowers leave, the steps in their order.
var figures = []struct {
	step  string
	names []string
}{
	{"look", []string{"crops", "unique"}},
	{"train", []string{"lr_find"}},
	{"predict", []string{"confusion", "top_losses"}},
}

// pages are photographed in windows of these sizes, in pixels; make writes the page into a folder and returns its address.
var pages = []struct {
	name          string
	width, height int
	make          func(ctx context.Context, dir string) (address string, err error)
}{
	{"report", 1224, 804, reportPage},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "docsimg:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) error {
	dir, err := os.MkdirTemp("", "fastlearn-docsimg-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	wanted := func(name string) bool { return len(names) == 0 || slices.Contains(names, name) }
	made := 0
	for i := range figures {
		if !slices.ContainsFunc(figures[i].names, wanted) {
			continue
		}
		steps := []string{}
		for _, f := range figures[:i+1] { // predict needs what train leaves
			steps = append(steps, f.step)
		}
		if err := flowers(ctx, dir, steps); err != nil {
			return err
		}
		for _, name := range figures[i].names {
			if wanted(name) {
				if err := keep(filepath.Join(dir, name+".png")); err != nil {
					return err
				}
				made++
			}
		}
	}
	for _, p := range pages {
		if !wanted(p.name) {
			continue
		}
		address, err := p.make(ctx, dir)
		if err == nil {
			err = photograph(ctx, address, filepath.Join(dir, p.name+".png"), p.width, p.height)
		}
		if err == nil {
			err = keep(filepath.Join(dir, p.name+".png"))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		made++
	}
	if made < len(names) {
		return fmt.Errorf("not all of %s are pictures that it makes", strings.Join(names, ", "))
	}
	return size()
}

// flowers runs steps of the example that have not left what they do.
func flowers(ctx context.Context, dir string, steps []string) error {
	for _, step := range steps {
		done := filepath.Join(dir, step+".done")
		if _, err := os.Stat(done); err == nil {
			continue
		}
		cmd := exec.CommandContext(ctx, "go", "run", "./examples/flowers", "-out", dir, step)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("step %s: %w", step, err)
		}
		if err := os.WriteFile(done, nil, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// keep puts a picture into the folder of the docs.
func keep(file string) error {
	text, err := diskfile.ReadFile(file)
	if err != nil {
		return err
	}
	return diskfile.ReplaceBytes(filepath.Join(folder, filepath.Base(file)), text)
}

// beside shows two pages side by side, at two thirds of their size; lossesAlone leaves of a report its top losses.
const beside = `<!doctype html><meta charset="utf-8"><style>body{margin:0;display:flex;gap:12px;background:#fff}
div{width:600px;height:804px;overflow:hidden}iframe{border:0;width:900px;height:1206px;transform:scale(.667);transform-origin:0 0}
div+div{border-left:1px solid #bbb}</style><div><iframe src="%[1]s"></iframe></div><div><iframe src="%[2]s"></iframe></div>`

const lossesAlone = `<style>header,nav,footer,section:not([aria-labelledby="losses-h"]){display:none !important}</style></head>`

// reportPage is that of a short training on drawn flowers: its beginning, and its top losses.
func reportPage(ctx context.Context, dir string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if err := flowers(ctx, dir, []string{"look"}); err != nil { // which draws them
		return "", err
	}
	r := recipe.Default(filepath.Join(cache, "fastlearn", "drawn-flowers"))
	r.Arch, r.Weights, r.Size, r.BatchSize, r.LR, r.Epochs = "resnet18", "none", 64, 32, 3e-3, 8
	out := filepath.Join(dir, "report")
	if err := r.Train(ctx, out, recipe.Say(func(text string) { fmt.Println(text) })); err != nil {
		return "", err
	}
	text, err := diskfile.ReadFile(recipe.ReportFile(out))
	if err != nil {
		return "", err
	}
	losses, page := filepath.Join(dir, "losses.html"), filepath.Join(dir, "beside.html")
	alone := strings.NewReplacer("</head>", lossesAlone, "Content-Security-Policy", "none").Replace(string(text)) // the policy forbids other styles
	err = os.WriteFile(losses, []byte(alone), 0o666)
	return "file://" + page, errors.Join(err, os.WriteFile(page, fmt.Appendf(nil, beside, recipe.ReportFile(out), losses), 0o666))
}

// photograph writes what a window of that size shows of a page.
func photograph(ctx context.Context, address, file string, width, height int) error {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=5000",
			fmt.Sprintf("--window-size=%d,%d", width, height), "--screenshot="+file, address)
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, said)
		}
		return nil
	}
	return errors.New("there is no chromium to photograph it with")
}

// size refuses a folder that has grown too large for a repository.
func size() error {
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	total := int64(0)
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		total += info.Size()
	}
	if fmt.Printf("%s: %d bytes of at most %d\n", folder, total, most); total > most {
		return fmt.Errorf("%s has %d bytes: want at most %d", folder, total, most)
	}
	return nil
}
