package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// weightsFile is the state_dict that both sides read: "resnet50.pth" or "resnet50.safetensors".
func weightsFile(ext string) string { return filepath.Join("build/bench", "resnet50"+ext) }

// openRead measures reading ResNet-50's state_dict of random weights into tensors, checksums included. The
// file is in the system's cache.
func openRead(ext string, open func(string, ...pth.Option) (*checkpoint.File, error)) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		m, state, err := resnet50()
		if err != nil {
			return nil, nil, err
		}
		defer nn.Close(m)
		if err := os.MkdirAll(filepath.Dir(weightsFile(ext)), 0o777); err != nil {
			return nil, nil, err
		}
		if err := checkpoint.WriteFile(weightsFile(ext), state, checkpoint.NoSync()); err != nil {
			return nil, nil, err
		}
		measure := func() (float64, error) {
			start := time.Now()
			f, err := open(weightsFile(ext))
			if err != nil {
				return 0, err
			}
			defer f.Close()
			found, err := f.StateDict()
			if err != nil {
				return 0, err
			}
			s := torch.NewScope()
			defer s.Close()
			_, err = nn.FromPTH(s, f, found.Dict)
			return time.Since(start).Seconds(), err
		}
		return measure, func() {}, nil
	}
}

// openWrite measures writing it, without waiting for the disk.
func openWrite(ext string) func() (func() (float64, error), func(), error) {
	return func() (func() (float64, error), func(), error) {
		m, state, err := resnet50()
		if err != nil {
			return nil, nil, err
		}
		if err := os.MkdirAll("build/bench", 0o777); err != nil {
			return nil, nil, err
		}
		path := filepath.Join("build/bench", "ours"+ext)
		measure := func() (float64, error) {
			start := time.Now()
			err := checkpoint.WriteFile(path, state, checkpoint.NoSync())
			return time.Since(start).Seconds(), err
		}
		return measure, func() { nn.Close(m); os.Remove(path) }, nil
	}
}

func resnet50() (nn.Module, *pth.Dict, error) {
	m := models.ResNet50(1000)
	state, err := nn.ToPTH(m)
	return m, state, err
}
