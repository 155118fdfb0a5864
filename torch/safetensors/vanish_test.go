//go:build unix

package safetensors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A file that another process makes shorter while it is opened is an error.
func TestAFileThatVanishesWhileItIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	text := []byte(`{"__metadata__":{"text":"` + strings.Repeat("x", 60<<20) + `"}}`)
	content := append(le.AppendUint64(nil, uint64(len(text))), text...)
	for wait := 64 * time.Millisecond; wait > time.Millisecond; wait = wait * 3 / 4 { // until it happens while the header is read
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(wait, func() { os.Truncate(path, 0) })
		f, err := Open(path)
		if err == nil {
			f.Close()
		} else if strings.Contains(err.Error(), "cannot be read") && strings.Contains(err.Error(), path) {
			return
		}
		time.Sleep(wait)
	}
	t.Error("the file never vanished while it was read")
}
