package fastlearn_test

import (
	"context"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// flowers goes to a new folder with drawn flowers for an example: so many of each of ten
// species, in folders of their names below train and valid, with a table labels.csv in each;
// and with net.pt, a TorchScript model for them. What it returns goes back and removes it all.
func flowers(perClass int) (leave func()) {
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
	net, err := os.ReadFile("../torch/jit/testdata/net.pt")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "net.pt"), net, 0o666); err != nil {
		log.Fatal(err)
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
