package server

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"

	"github.com/disintegration/imaging"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/vision"
)

const (
	mostSamples = 12
	sampleSide  = 512 // pixels of the longer side
)

// findSamples takes pictures from all over a folder, as many as the page offers, each as a JPEG that is small enough to be one of them. What can't
// be read, or is more than the server takes, is left out.
func (l limits) findSamples(dir string) ([]pageFile, error) {
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("server: Samples: %w", err)
	}
	var all []pageFile
	var problems error
	n := min(len(files), mostSamples)
	for k := range n {
		text, err := l.sample(files[(2*k+1)*len(files)/(2*n)])
		if err != nil {
			problems = errors.Join(problems, err)
			continue
		}
		all = append(all, pageFile{text, "image/jpeg"})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("server: Samples: no picture in %s can be shown: %w", dir, problems)
	}
	return all, nil
}

func (l limits) sample(path string) ([]byte, error) {
	file, err := diskfile.ReadFile(path)
	if err == nil {
		_, _, err = l.sizeOf(file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, err := vision.Open(path)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = jpeg.Encode(&text, imaging.Fit(m.ToGo(), sampleSide, sampleSide, imaging.Linear), &jpeg.Options{Quality: 90})
	return text.Bytes(), err
}
