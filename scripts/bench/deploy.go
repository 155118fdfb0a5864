package main

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
)

// The figures of group deploy are those of a folder of "make deploy" with examples/serve, beside examples/onnxserve with ONNX Runtime's library.
type deployment struct {
	e            *exported
	ours, theirs []string // programs with their arguments
	libraries    int64    // bytes of ours
	rest         int64    // of program and model
	small        int64    // of theirs, all of it
	photograph   []byte
}

func deployFigures() []figure {
	d := &deployment{}
	size := func(name string, limit, of func() int64) figure {
		return figure{group: "deploy", name: name, unit: "bytes", target: 1, once: true, needs: needsONNXRuntime,
			open: func() (func() (float64, error), func(), error) {
				_, done, err := d.open()
				return func() (float64, error) { return float64(of()), nil }, done, err
			},
			theirs: func() (float64, error) { return float64(limit()), nil }}
	}
	bytes := func(n int64) func() int64 { return func() int64 { return n } }
	return []figure{
		{group: "deploy", name: "start to first prediction, serve beside onnxserve", needs: needsONNXRuntime, open: d.open, theirs: d.startTheirs},
		size("libraries of serve, beside 365 MB", bytes(365e6), func() int64 { return d.libraries }),
		size("serve and resnet18, beside 30 MB + weights", func() int64 { return 30e6 + d.e.weights() }, func() int64 { return d.rest }),
		size("onnxserve, ONNX Runtime and resnet18, beside 90 MB", bytes(90e6), func() int64 { return d.small }),
	}
}

// open makes both deployments.
func (d *deployment) open() (measure func() (float64, error), done func(), err error) {
	if d.e, err = export(served); err != nil {
		return nil, nil, err
	}
	if err := d.make(); err != nil {
		d.e.close()
		return nil, nil, err
	}
	return func() (float64, error) { return d.start(d.ours) }, d.e.close, nil
}

func (d *deployment) make() (err error) {
	files, err := d.e.photographs()
	if err != nil {
		return err
	}
	d.photograph = files[0]
	library, err := onnxRuntime()
	if err != nil {
		return err
	}
	onnx, program := filepath.Join(d.e.dir, "model.onnx"), filepath.Join(d.e.dir, "onnxserve")
	if _, err := inspect.Convert(d.e.file, onnx); err != nil {
		return err
	}
	if err := buildONNXServe(program); err != nil {
		return err
	}
	d.theirs = []string{program, "-runtime", library, onnx}
	folder := filepath.Join(d.e.dir, "deploy")
	cmd := exec.Command("scripts/image/deploy.sh", "./examples/serve", d.e.file, folder)
	cmd.Env, cmd.Stderr = append(os.Environ(), "ARCHIVES=no"), os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	d.ours = []string{filepath.Join(folder, "bin", "program"), filepath.Join(folder, "model.safetensors")}
	d.libraries, d.rest, d.small = 0, 0, 0
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		into := &d.rest
		if strings.Contains(filepath.Base(path), ".so") {
			into = &d.libraries
		}
		return addSize(into, path)
	})
	for _, path := range []string{program, library, onnx} {
		if err == nil {
			err = addSize(&d.small, path)
		}
	}
	return err
}

func addSize(n *int64, path string) error {
	info, err := os.Stat(path)
	if err == nil {
		*n += info.Size()
	}
	return err
}

// start returns the seconds from a server's start to its first answer.
func (d *deployment) start(program []string) (float64, error) {
	begun := time.Now()
	s, err := startServer(program[0], program[1:]...)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	err = s.ask(http.DefaultClient, d.photograph)
	return time.Since(begun).Seconds(), err
}

func (d *deployment) startTheirs() (float64, error) { return d.start(d.theirs) }
