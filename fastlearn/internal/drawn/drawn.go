// Package drawn gives examples pictures to run on.
package drawn

import (
	"context"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// Enter goes to a new folder with drawn flowers: so many of each of ten species, in folders of
// their names below flowers/train and flowers/valid, with a table labels.csv in each. What it
// returns goes back and removes it all.
func Enter(perClass int) (leave func()) {
	home, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	for seed, part := range []string{"train", "valid"} {
		err := datasets.DrawnFlowers(context.Background(), filepath.Join(dir, "flowers", part), datasets.PerClass(perClass), datasets.Seed(uint64(seed)))
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := os.Chdir(dir); err != nil {
		log.Fatal(err)
	}
	return func() {
		if err := os.Chdir(home); err != nil {
			log.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			log.Fatal(err)
		}
	}
}
