package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
)

// noisePictures is how many pictures makeNoise makes; an epoch shows them again and again.
const noisePictures = 400

// makeNoise writes JPEG files of 500×375 pixels into folders of ten classes: noise that is
// enlarged, so that they compress and decode about as photographs do. What is there is left.
func makeNoise(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "noise-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	rng := rand.New(rand.NewPCG(5, 6))
	small, large := image.NewRGBA(image.Rect(0, 0, 125, 94)), image.NewRGBA(image.Rect(0, 0, 500, 375))
	for i := range noisePictures {
		for p := range small.Pix {
			small.Pix[p] = byte(rng.Uint32())
		}
		draw.BiLinear.Scale(large, large.Bounds(), small, small.Bounds(), draw.Src, nil)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, large, &jpeg.Options{Quality: 90}); err != nil {
			return err
		}
		class := filepath.Join(tmp, fmt.Sprintf("class%d", i%10))
		if err := os.MkdirAll(class, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(class, fmt.Sprintf("%03d.jpg", i)), b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return os.Rename(tmp, dir)
}
