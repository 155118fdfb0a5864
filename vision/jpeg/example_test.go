package jpeg_test

import (
	"bytes"
	"fmt"
	"image"
	gojpeg "image/jpeg"
	"log"

	"github.com/fastlearn-go/fastlearn/vision/jpeg"
)

// The middle of a picture, decoded at half its size.
func ExampleDecode() {
	var file bytes.Buffer
	if err := gojpeg.Encode(&file, image.NewGray(image.Rect(0, 0, 200, 100)), nil); err != nil {
		log.Fatal(err)
	}
	w, h, err := jpeg.Scaled(file.Bytes(), 4)
	if err != nil {
		log.Fatal(err)
	}
	rgb := make([]byte, w/2*h/2*3)
	err = jpeg.Decode(file.Bytes(), 4, w/4, h/4, w/2, h/2, rgb)
	fmt.Println(w, h, len(rgb), err)
	// Output: 100 50 3750 <nil>
}
