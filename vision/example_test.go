package vision_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// pictures makes a folder with a picture of 120×80 pixels and a file that is none.
func pictures() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "a.png"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, image.NewRGBA(image.Rect(0, 0, 120, 80))); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.png"), []byte("no picture"), 0o666); err != nil {
		log.Fatal(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

// A picture is read as it goes into a batch: in training a random part of it, in validation the middle.
func ExampleReader() {
	dir, remove := pictures()
	defer remove()
	reader := vision.Reader{Tfms: vision.Item(vision.Resize(64))}
	rng := rand.New(rand.NewPCG(1, 2))
	var m vision.Image
	if err := reader.Read(filepath.Join(dir, "a.png"), rng, vision.Train, &m); err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.W, m.H, m.C)
	// Output: 64 64 3
}

// Presizing: a large crop of each picture, then one sampling of the whole batch.
func ExampleAugTransforms() {
	items := vision.Item(vision.Resize(460))
	batch := vision.AugTransforms(vision.Size(224), vision.MinScale(0.75), vision.Xtra(vision.Saturation(0.2, 0.5))).
		With(vision.Normalize(vision.ImageNetStats()))
	fmt.Println(items.Check(), batch.Check())
	fmt.Println(vision.AugTransforms(vision.MaxWarp(0.7)).Check())
	// Output:
	// <nil> <nil>
	// vision: Warp: magnitude 0.7: want 0 or more, below 0.5
}

// A custom augmentation turns pictures into their negatives.
func ExampleAugment() {
	s := torch.NewScope()
	defer s.Close()
	batch := vision.Batch(vision.Augment("Negative", func(x *torch.Tensor, _ *rand.Rand) *torch.Tensor {
		return x.Neg().AddScalar_(1)
	}))
	white := s.With(torch.Uint8).Full(255, 1, 3, 2, 2)
	x := batch.Apply(white, rand.New(rand.NewPCG(1, 2)), vision.Train)
	fmt.Println(x.DType(), x.Max().Item())
	// Output: float32 0
}

func ExampleVerifyImages() {
	dir, remove := pictures()
	defer remove()
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		log.Fatal(err)
	}
	bad, err := vision.VerifyImages(context.Background(), files, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range bad {
		fmt.Println(len(files), "files;", filepath.Base(b.Path), b.Err != nil)
	}
	// Output: 2 files; b.png true
}
