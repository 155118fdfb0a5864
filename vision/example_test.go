package vision_test

import (
	"context"
	"fmt"
	"log"

	"github.com/fastlearn-go/fastlearn/vision"
)

// Presizing: a large crop of each picture, then one sampling of the whole batch.
func ExampleAugTransforms() {
	items := vision.Item(vision.Resize(460))
	batch := vision.AugTransforms(vision.Size(224), vision.MinScale(0.75), vision.Xtra(vision.Saturation(0.2, 0.5))).
		With(vision.Normalize(vision.ImageNetStats()))
	fmt.Println(items.Check(), batch.Check())
	// Output: <nil> <nil>
}

func ExampleVerifyImages() {
	files, err := vision.GetImageFiles("pets")
	if err != nil {
		log.Fatal(err)
	}
	bad, err := vision.VerifyImages(context.Background(), files, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range bad {
		fmt.Println(b.Err) // picture pets/x.jpg: the file ends before the picture does
	}
}
