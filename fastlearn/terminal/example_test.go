package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log"
	"math"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/drawn"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/fastlearn/terminal"
	"github.com/fastlearn-go/fastlearn/vision"
)

// The curve that a rate is chosen by, as text.
func ExampleLRFind() {
	found := &fastlearn.LRFound{Valley: 3e-3, Slide: math.NaN(), Minimum: math.NaN(), Steep: math.NaN()}
	for i := range 100 { // what Learner.LRFind returns
		lr := fastlearn.SchedExp(1e-6, 1)(float64(i) / 100)
		found.LRs = append(found.LRs, lr)
		found.Losses = append(found.Losses, 2-1.5/(1+math.Pow(0.01/lr, 2)))
	}
	if err := terminal.LRFind(os.Stdout, found); err != nil {
		log.Fatal(err)
	}
	// Output:
	//     2 |*******************************************
	//       |                                           *V*
	//       |                                              **
	//       |                                                *
	//       |                                                 *
	//       |                                                  *
	//  1.25 |                                                   *
	//       |                                                    *
	//       |                                                     *
	//       |                                                      *
	//       |                                                       **
	//       |                                                         ***
	// 0.501 |                                                            *************
	//  loss ++------------+------------+-----------+------------+------------+--------
	//  rate  1e-6        1e-5         1e-4        1e-3         1e-2         1e-1
	// V valley 3.0e-03
}

// A picture, or where there is none to see, a file.
func ExampleShow() {
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	err := terminal.Show(new(bytes.Buffer), m) // os.Stdout
	if errors.Is(err, terminal.ErrNoPictures) {
		fmt.Println("no pictures here")
	}
	// Output:
	// no pictures here
}

// What a training leaves, in the terminal that it ran in.
func ExampleShow_figure() {
	ctx := context.Background()
	defer drawn.Enter(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	found, err := learn.LRFind(ctx)
	if err != nil {
		log.Fatal(err)
	}
	err = terminal.LRFind(os.Stdout, found) // as text, anywhere
	if err != nil {
		log.Fatal(err)
	}
	fig, err := plot.LRFind(found)
	if err != nil {
		log.Fatal(err)
	}
	err = terminal.Show(os.Stdout, fig.Image()) // as pixels, where the terminal has them
	if errors.Is(err, terminal.ErrNoPictures) {
		err = fig.Save("lr_find.png")
	}
	if err != nil {
		log.Fatal(err)
	}
}

func TestExampleShow_figure(*testing.T) {
	ExampleShow_figure()
}
