package data_test

import (
	"os"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A cache changes nothing but that files are read once, and keeps to its limit.
func TestCache(t *testing.T) {
	files := fixture.ColourFolders(t, 20, "blue", "red")
	epochs := func(opts ...data.LoaderOption) [][]float32 {
		dls := fixture.ColourDLs(t, files, append([]data.LoaderOption{data.BatchSize(6)}, opts...)...)
		torch.ManualSeed(5)
		return [][]float32{fixture.Pixels(t, dls.Train), fixture.Pixels(t, dls.Train), fixture.Pixels(t, dls.Valid)}
	}
	want := epochs()
	for _, limit := range []int64{1 << 30, 5000} {
		for k, got := range epochs(data.CacheBytes(limit)) {
			if !slices.Equal(got, want[k]) {
				t.Errorf("limit %d: epoch %d differs", limit, k)
			}
		}
	}
	dls := fixture.ColourDLs(t, files, data.BatchSize(5), data.CacheBytes(20*18*3*7+5))
	fixture.Pixels(t, dls.Train)
	cache := dls.Train.(*data.ItemLoader).Spec().Decoder.Cache
	if n := cache.Bytes(); n > 20*18*3*7+5 || n < 20*18*3*5 {
		t.Errorf("the cache holds %d bytes", n)
	}
	dls.Close()
	if cache.Bytes() != 0 {
		t.Error("a closed loader keeps pictures")
	}
	all := fixture.ColourDLs(t, files, data.BatchSize(5), data.CacheBytes(1<<30))
	first := fixture.Pixels(t, all.Valid)
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(fixture.Pixels(t, all.Valid), first) {
		t.Error("the second epoch differs")
	}
}

// One cache serves both loaders, or the one that is given.
func TestCachesAreShared(t *testing.T) {
	files := fixture.ColourFolders(t, 20, "blue", "red")
	dls := fixture.ColourDLs(t, files, data.BatchSize(3), data.CacheBytes(16_384))
	fixture.Pixels(t, dls.Train)
	fixture.Pixels(t, dls.Valid)
	a, z := dls.Train.(*data.ItemLoader).Spec().Decoder.Cache, dls.Valid.(*data.ItemLoader).Spec().Decoder.Cache
	if a != z || a.Bytes() > 16_384 {
		t.Errorf("%d and %d bytes", a.Bytes(), z.Bytes())
	}
	block := fixture.ColourBlock()
	block.X.Cache = vision.NewCache(1 << 20)
	own, err := block.DataLoaders(files, data.BatchSize(3))
	if err != nil {
		t.Fatal(err)
	}
	fixture.Pixels(t, own.Train)
	own.Close()
	if block.X.Cache.Bytes() == 0 {
		t.Error("the cache that was given is not used, or was emptied")
	}
}
