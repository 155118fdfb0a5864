package data_test

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A loader holds no more batches than it prepares ahead, allocates little on Go's heap,
// and after 5,000 batches takes no more memory than after the first hundreds.
func TestLoaderMemoryIsFlat(t *testing.T) {
	files := fixture.ColourFolders(t, 32, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(8), data.Prefetch(3))
	const perBatch = 2 // of the one in hand: X and Y
	before, n := torch.LiveTensors(), 0
	var memory runtime.MemStats
	var heap uint64
	var resident int64
	for n < 5000 {
		for b, err := range dls.Train.Batches(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if live := torch.LiveTensors() - before; live > perBatch+3+1 {
				t.Fatalf("batch %d: %d tensors live, want those of %d batches", n, live, 3+1)
			}
			b.Close()
			if n++; n == 500 {
				runtime.GC()
				runtime.ReadMemStats(&memory)
				heap, resident = memory.TotalAlloc, parity.Status(t, "VmRSS")
			}
		}
	}
	runtime.ReadMemStats(&memory)
	if each := (memory.TotalAlloc - heap) / uint64(n-500); each > 1<<20 {
		t.Errorf("%d bytes of Go's heap a batch", each)
	} else {
		t.Logf("%d bytes of Go's heap a batch", each)
	}
	if grown := parity.Status(t, "VmRSS") - resident; grown > 8<<20 {
		t.Errorf("resident memory grew by %d KB", grown>>10)
	}
	if live := torch.LiveTensors() - before; live != 0 {
		t.Errorf("%d tensors live", live)
	}
}

// The heap that a batch of photographs takes does not depend on how large they are.
func TestPhotographsLeaveTheHeapAlone(t *testing.T) {
	files, err := vision.GetImageFiles(parity.Shared(t, "photos"))
	if err != nil {
		t.Fatal(err)
	}
	block := data.Block[string]{GetY: data.ParentLabel, ItemTfms: vision.Item(vision.Resize(224)), Splitter: data.RandomSplitter(0.1, 1)}
	dls, err := block.DataLoaders(slices.DeleteFunc(files, func(f string) bool { m, err := vision.Open(f); return err != nil || m.C != 3 }), data.BatchSize(32))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	fixture.Pixels(t, dls.Train)
	var a, z runtime.MemStats
	runtime.ReadMemStats(&a)
	n := 0
	for b, err := range dls.Train.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		b.Close()
	}
	runtime.ReadMemStats(&z)
	each := (z.TotalAlloc - a.TotalAlloc) / uint64(n)
	t.Logf("%d bytes of Go's heap a batch of 32", each)
	if each > 1<<20 {
		t.Errorf("%d bytes of Go's heap a batch of 32", each)
	}
}
