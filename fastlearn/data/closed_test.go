package data_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
)

func TestClosedLoader(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 11, "blue", "red"), data.BatchSize(3))
	if err := errors.Join(dls.Close(), dls.Close()); err != nil {
		t.Fatal(err)
	}
	if err := drain(dls); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a closed loader: %v", err)
	}
}

// A loader that is closed within an epoch ends it, and keeps nothing.
func TestCloseWithinAnEpoch(t *testing.T) {
	dls := fixture.ColourDLs(t, fixture.ColourFolders(t, 20, "blue", "red"), data.BatchSize(3), data.CacheBytes(1<<20))
	dl := dls.Train.(*data.ItemLoader)
	var last error
	n := 0
	for b, err := range dl.Batches(t.Context()) {
		if last = err; err == nil {
			n++
			b.Close()
			dl.Close()
		}
	}
	if n != 1 || last == nil || dl.Idle() != 0 {
		t.Errorf("%d batches, %v, %d readers kept", n, last, dl.Idle())
	}
}
