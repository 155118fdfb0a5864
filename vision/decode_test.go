package vision_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

func TestBadPictures(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := parity.Shared(t, "photos")
	files, err := vision.GetImageFiles(good)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		write("empty.jpg", nil), write("text.png", []byte("this isn't a picture")), dir, filepath.Join(dir, "absent.jpg"),
		write("truncated.jpg", whole[:len(whole)/2]), write("header.jpg", whole[:30]), write("magic.jpg", []byte{0xff, 0xd8, 0xff}),
	} {
		if _, err := vision.Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v must name the file", path, err)
		}
	}
	if _, err := vision.GetImageFiles(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent folder: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "none"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := vision.GetImageFiles(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("an empty folder: %v", err)
	}
}

// 2,000 decoded pictures leave resident memory and tensors as they were.
func TestDecodingIsFlat(t *testing.T) {
	files, err := vision.GetImageFiles(parity.Shared(t, "flowers5"))
	if err != nil {
		t.Fatal(err)
	}
	reader := vision.Reader{Tfms: vision.Item(vision.Resize(64))}
	rng := rand.New(rand.NewPCG(1, 2))
	m := vision.Image{}
	load := func(n int) {
		for i := range n {
			if err := reader.Read(files[i%len(files)], rng, vision.Train, &m); err != nil {
				t.Fatal(err)
			}
		}
	}
	load(200)
	live, rss := torch.LiveTensors(), parity.Status(t, "VmRSS")
	load(2000)
	if got := parity.Status(t, "VmRSS") - rss; got > 16<<20 {
		t.Errorf("resident memory grew by %d KB", got>>10)
	}
	if got := torch.LiveTensors() - live; got != 0 {
		t.Errorf("%d more tensors", got)
	}
}

func TestWrongExtension(t *testing.T) {
	path := filepath.Join(t.TempDir(), "really-a-png.jpg")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	src := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	src.SetNRGBA(2, 1, color.NRGBA{10, 200, 30, 128})
	if err := errors.Join(png.Encode(f, src), f.Close()); err != nil {
		t.Fatal(err)
	}
	m, err := vision.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := [3]byte(m.Pix[15:18]); m.W != 3 || m.H != 2 || got != [3]byte{10, 200, 30} {
		t.Errorf("%d×%d, last pixel %v", m.W, m.H, got)
	}
}

// The size comes from the header: damage behind it does not matter.
func TestSizeOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes()[:40], 0o666); err != nil {
		t.Fatal(err)
	}
	if w, h, err := vision.SizeOf(path); err != nil || w != 30 || h != 20 {
		t.Errorf("%d×%d, %v", w, h, err)
	}
	if w, h, err := vision.SizeOfBytes(file.Bytes()[:40]); err != nil || w != 30 || h != 20 {
		t.Errorf("in memory: %d×%d, %v", w, h, err)
	}
	if _, _, err := vision.SizeOfBytes(nil); err == nil {
		t.Error("nothing in memory has a size")
	}
	if _, _, err := vision.SizeOf(path + "-absent"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := vision.SizeOf(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("no picture: %v", err)
	}
}
