package tensorboard_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/tensorboard"
)

// Custom numbers; Log is the callback that writes a learner's.
func ExampleNewWriter() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w, err := tensorboard.NewWriter(filepath.Join(dir, "runs", "first"))
	if err != nil {
		log.Fatal(err)
	}
	for step := range 10 {
		if err := w.Scalar("score", float64(step*step), step); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(w.Close())
	files, err := filepath.Glob(filepath.Join(dir, "runs", "first", "events.out.tfevents.*"))
	fmt.Println(len(files), err)
	// Output:
	// <nil>
	// 1 <nil>
}
