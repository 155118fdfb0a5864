package vision_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// The files that were once refused or read wrongly are read as by PIL, turned too; of those that aren't pictures of a registered
// format the error says what they are and what to do.
func TestCollectedCases(t *testing.T) {
	dir := parity.Shared(t, "cases", "pictures")
	reasons := map[string]string{
		"lfs_pointer.jpg": "git lfs pull", "named_heic.jpg": `a HEIC picture: import _ "github.com/fastlearn-go/fastlearn/vision/heic"`,
		"named_html.jpg": "an HTML page", "photo.avif": `an AVIF picture: import _ "github.com/fastlearn-go/fastlearn/vision/avif"`,
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	for _, orient := range []bool{false, true} {
		for i, want := range readByPIL(t, paths, orient) {
			name := filepath.Base(paths[i])
			t.Run(name, func(t *testing.T) {
				if reason := reasons[name]; reason == "" {
					sameAsPIL(t, paths[i], vision.Decoder{Orient: orient}, want, 2)
				} else if _, err := vision.Open(paths[i]); err == nil || !strings.Contains(err.Error(), reason) {
					t.Errorf("the error %v must say %q", err, reason)
				}
			})
		}
	}
}
