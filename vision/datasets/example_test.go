package datasets_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// Flowers are drawn to try things without a download.
func ExampleDrawnFlowers() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := datasets.DrawnFlowers(context.Background(), dir, datasets.PerClass(2)); err != nil {
		log.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		log.Fatal(err)
	}
	w, h, err := vision.SizeOf(files[0])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(files), "pictures;", filepath.Base(files[0]), w, h)
	// Output: 20 pictures; bluebell_000.jpg 176 157
}

// The names of Flowers-102's classes, which its archive doesn't hold.
func Example_flowerNames() {
	fmt.Println(len(datasets.FlowerNames), datasets.FlowerNames[0], datasets.FlowerNames[101])
	// Output: 102 pink primrose blackberry lily
}
