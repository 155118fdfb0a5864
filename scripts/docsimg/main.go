// Docsimg makes the pictures of docs/img: figures by the steps of examples/flowers that the tutorial goes through, and what pages look like, photographed
// by a headless Chromium. Run it from the root of the repository: make docs-img.
//
//	go run ./scripts/docsimg                  # all of them
//	go run ./scripts/docsimg lr_find report   # some
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

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
		file := filepath.Join(dir, p.name+".png")
		err := p.show(ctx, dir, func(address, when string) error { return p.photograph(ctx, address, when, file) })
		if err == nil {
			err = keep(file)
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
	if err == nil {
		text, err = paletted(text)
	}
	if err != nil {
		return err
	}
	return diskfile.ReplaceBytes(filepath.Join(folder, filepath.Base(file)), text)
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
