package fastlearn_test

import (
	"context"
	"os"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Each decoding goroutine resizes on its own thread alone: were libtorch to begin a
// team for it, there would be as many threads again for every worker.
func TestDecodingBeginsNoThreadTeams(t *testing.T) {
	files, err := vision.GetImageFiles("../../shared/photos")
	if err != nil {
		t.Skip("no photographs: ", err)
	}
	block := data.Block[string]{
		X:        data.ImageBlock{Full: true},
		GetY:     data.ParentLabel,
		ItemTfms: vision.Item(vision.Resize(460)),
	}
	const workers = 16
	dls, err := block.DataLoaders(files, data.BatchSize(16), data.Workers(workers))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	before := threads(t)
	for b, err := range dls.Train.Batches(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		b.Close()
	}
	if more := threads(t) - before; more > workers+workers/2 {
		t.Errorf("%d threads more for %d workers", more, workers)
	}
}

// threads is the number of this process's OS threads.
func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip(err)
	}
	return len(tasks)
}
