package vision

import (
	"encoding/hex"
	"errors"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

func jpegFile(t *testing.T, path string, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(rng.Uint32())
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(jpeg.Encode(f, m, nil), f.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Whether a file that ends early is refused does not depend on what is cut out of it.
func TestTruncationDoesNotDependOnTheCrop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cut.jpg")
	whole := jpegFile(t, path, 200, 300)
	r := Reader{Tfms: Item(RandomCrop(40, 40))}
	read := func(data []byte) (bad int) {
		var m Image
		for seed := range uint64(40) {
			if err := r.ReadBytes(data, rand.New(rand.NewPCG(seed, 1)), Train, &m); err != nil {
				bad++
			}
		}
		return bad
	}
	for name, c := range parity.Sorted(map[string]struct {
		data []byte
		want int
	}{"whole": {whole, 0}, "cut": {whole[:len(whole)*6/10], 40}, "without its end": {whole[:len(whole)-2], 40}, "with more behind it": {append(whole[:len(whole):len(whole)], "more"...), 0}}) {
		if got := read(c.data); got != c.want {
			t.Errorf("%s: %d of 40 crops are refused, want %d", name, got, c.want)
		}
	}
}

// A segment of no length, which libjpeg accepts, must not stop the search for EXIF.
func TestOrientationOfOddSegments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd.jpg")
	data := jpegFile(t, path, 8, 8)
	for _, length := range []byte{0, 1, 2, 255} {
		odd := append([]byte{0xff, 0xd8, 0xff, 0xe5, 0, length}, data[2:]...)
		var m Image
		_ = (&Reader{Decoder: Decoder{Orient: true}}).ReadBytes(odd, nil, Valid, &m) // it may be refused, and must return
		for n := range 64 {
			metadataOfJPEG(odd[:min(n, len(odd))])
		}
	}
}

func TestTransparentColourBeyondThePalette(t *testing.T) {
	data, err := hex.DecodeString(transparentBeyond)
	if err != nil {
		t.Fatal(err)
	}
	var m Image
	if err := (&Reader{}).ReadBytes(data, nil, Valid, &m); err != nil {
		t.Error(err)
	}
}

// Padding a strip to a square must not take more pixels than a picture may have.
func TestPaddingIsLimited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "strip.jpg")
	data := jpegFile(t, path, 1, 30_000)
	var m Image
	if err := (&Reader{Tfms: Item(Resize(8, Method(Pad)))}).ReadBytes(data, nil, Valid, &m); err == nil || !strings.Contains(err.Error(), "MaxPixels") {
		t.Errorf("30,000 × 30,000 pixels: %v", err)
	}
}

// What isn't a file is refused at once: a pipe would be waited for.
func TestPipesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.jpg")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Skip(err)
	}
	bad, err := VerifyImages(t.Context(), []string{path}, nil)
	if err != nil || len(bad) != 1 || !strings.Contains(bad[0].Err.Error(), path) {
		t.Errorf("%v, %v", bad, err)
	}
}

// Files with some bytes changed are read or refused; nothing panics.
func TestMutatedFiles(t *testing.T) {
	dir := t.TempDir()
	var names []string
	parity.Python(t, "formats.py", dir, &names)
	rng := rand.New(rand.NewPCG(7, 8))
	readers := []*Reader{{}, {Decoder: Decoder{Orient: true, Gray: true}, Tfms: Item(Resize(20))}}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for range 30 {
			bad := append([]byte(nil), data[:len(data)-rng.IntN(2)*rng.IntN(len(data))]...)
			for range 1 + rng.IntN(6) {
				if len(bad) > 0 {
					bad[rng.IntN(len(bad))] = byte(rng.Uint32())
				}
			}
			var m Image
			for _, r := range readers {
				r.MaxPixels = 1 << 20
				if r.ReadBytes(bad, rng, Train, &m) == nil && len(m.Pix) != m.W*m.H*m.C {
					t.Errorf("%s: %d×%d×%d in %d bytes", name, m.W, m.H, m.C, len(m.Pix))
				}
			}
		}
	}
}

const transparentBeyond = "47494638396104000400800000ff000000ff0021f90401000003002c000000000400040000020a443810e1408403110e05003b"
