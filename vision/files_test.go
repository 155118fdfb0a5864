package vision_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/vision"
)

func pngBytes(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
		t.Fatal(err)
	}
}

func TestGetImageFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/2.PNG", "b/1.png", "a/deep/er/3.jpeg", ".hidden/4.png", "a/.5.png", "a/6.txt", "7.webp"} {
		write(t, filepath.Join(dir, name), nil)
	}
	if err := errors.Join(os.Symlink(filepath.Join(dir, "b"), filepath.Join(dir, "c")), os.Symlink(dir, filepath.Join(dir, "b", "round"))); err != nil {
		t.Fatal(err)
	}
	list := func(folders ...string) string {
		files, err := vision.GetImageFiles(dir, folders...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			files[i], _ = filepath.Rel(dir, files[i])
		}
		return fmt.Sprint(files)
	}
	if got := list(); got != "[7.webp a/deep/er/3.jpeg b/1.png b/2.PNG c/1.png c/2.PNG]" {
		t.Error(got)
	}
	if got := list("a", "b"); got != "[a/deep/er/3.jpeg b/1.png b/2.PNG]" {
		t.Error(got)
	}
	if _, err := vision.GetImageFiles(dir, "d"); err == nil || !strings.Contains(err.Error(), `"d"`) {
		t.Errorf("no such folder: %v", err)
	}
}

func TestVerifyImages(t *testing.T) {
	dir, good := t.TempDir(), pngBytes(t, 20, 30)
	var files, bad []string
	for i := range 40 {
		files = append(files, filepath.Join(dir, fmt.Sprintf("%02d.png", i)))
		data := good
		if i%7 == 3 {
			data = good[:len(good)/2]
			bad = append(bad, files[i])
		}
		write(t, files[i], data)
	}
	files, bad = append(files, filepath.Join(dir, "absent.png")), append(bad, filepath.Join(dir, "absent.png"))
	var done []int
	found, err := vision.VerifyImages(t.Context(), files, func(n, total int) {
		if done = append(done, n); total != len(files) {
			t.Errorf("of %d", total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range found {
		if names = append(names, b.Path); !strings.Contains(b.Err.Error(), b.Path) {
			t.Errorf("%v does not name %s", b.Err, b.Path)
		}
	}
	if !slices.Equal(names, bad) || len(done) != len(files) || !slices.IsSorted(done) {
		t.Errorf("bad %q, want %q; told %d times", names, bad, len(done))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := vision.VerifyImages(ctx, files, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if found, err := vision.VerifyImages(t.Context(), nil, nil); found != nil || err != nil {
		t.Errorf("nothing: %v, %v", found, err)
	}
}

// hugePNG is a small file that says it has w×h pixels.
func hugePNG(t *testing.T, w, h uint32) []byte {
	data := pngBytes(t, 1, 1)
	header := data[12:29] // IHDR and its values
	binary.BigEndian.PutUint32(header[4:], w)
	binary.BigEndian.PutUint32(header[8:], h)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(header))
	return data
}

func TestDecompressionBombs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bomb.png")
	for _, size := range [][2]uint32{{20_000, 20_000}, {math.MaxInt32, math.MaxInt32}, {math.MaxInt32, 1}, {13_378, 13_378}} {
		write(t, path, hugePNG(t, size[0], size[1]))
		if _, err := vision.Open(path); err == nil || !strings.Contains(err.Error(), path) || size[0] < math.MaxInt32 && !strings.Contains(err.Error(), "MaxPixels") {
			t.Errorf("%v: %v", size, err)
		}
	}
	write(t, path, pngBytes(t, 100, 100))
	if _, err := (vision.Decoder{MaxPixels: 9_999}).Open(path); err == nil || !strings.Contains(err.Error(), "MaxPixels") {
		t.Errorf("a limit that is lowered: %v", err)
	}
	if _, err := (vision.Decoder{MaxPixels: 10_000}).Open(path); err != nil {
		t.Error(err)
	}
}
