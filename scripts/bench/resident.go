package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch"
)

// The figure of resident memory compares a process that has answered ten thousand requests with one that has only run a convolution: what it has
// more right after the last one, with its weights and what they may take beside themselves.
const (
	manyRequests   = 10_000
	oneConvolution = "one convolution"
	answering      = "answering "
)

func residentFigures() []figure {
	r := &resident{}
	return []figure{{group: "load", name: "resnet18 at 128, memory after 10,000 requests, beside 1.2 × weights + 60 MB",
		unit: "bytes", target: 1, once: true, open: r.open, theirs: r.allowed}}
}

type resident struct{ weights int64 }

func (r *resident) open() (measure func() (float64, error), done func(), err error) {
	e, err := export(small)
	if err != nil {
		return nil, nil, err
	}
	r.weights = e.weights()
	return func() (float64, error) {
		loaded, err := ofChild(oneConvolution)
		if err != nil {
			return 0, err
		}
		after, err := ofChild(answering + e.file)
		return after - loaded, err
	}, e.close, nil
}

func (r *resident) allowed() (float64, error) { return 1.2*float64(r.weights) + 60e6, nil }

// ofChild returns the number that this program prints as a child.
func ofChild(what string) (float64, error) {
	cmd := exec.Command(os.Args[0], "-child", what)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("-child %q: %w", what, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
}

// convolve is what this program does with -child "one convolution".
func convolve() error {
	s := torch.NewScope()
	defer s.Close()
	err := torch.Try(func() { torch.Conv2d(s.Ones(1, 3, 8, 8), s.Ones(4, 3, 3, 3), nil, torch.Conv2dOptions{}) })
	if err != nil {
		return err
	}
	return printResident()
}

// answer is what this program does with -child "answering FILE".
func answer(file string) error {
	p, err := predictor.Load(file, predictor.Batching(16, 0))
	if err != nil {
		return err
	}
	defer p.Close()
	e := &exported{recipe: small}
	if err := e.findPictures(); err != nil {
		return err
	}
	e.paths = e.paths[:8] // whose memory isn't the predictor's
	files, err := e.photographs()
	if err != nil {
		return err
	}
	_, _, err = askAll(manyRequests, 0, func(i int) error {
		_, err := p.PredictBytes(context.Background(), files[i%len(files)])
		return err
	})
	if err != nil {
		return err
	}
	return printResident()
}

func printResident() error {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, rest, found := bytes.Cut(text, []byte("\nVmRSS:"))
	var kb int64
	if _, err := fmt.Sscan(string(rest), &kb); !found || err != nil {
		return errors.New("/proc/self/status has no VmRSS")
	}
	fmt.Println(kb << 10)
	return nil
}
