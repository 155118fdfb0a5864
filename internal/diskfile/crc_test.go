package diskfile

import (
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Checksums of any part of a file that was copied are those of its bytes.
func TestCRCOfParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, cell - 1, cell, cell + 1, 3*cell + 17, 2*block + cell/2} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := CopySummed(path, func([]byte) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		parts := [][2]int{{0, size}, {min(1, size), size}, {0, max(0, size-1)}}
		for range 50 {
			a, b := rng.IntN(size+1), rng.IntN(size+1)
			parts = append(parts, [2]int{min(a, b), max(a, b)})
		}
		for _, p := range parts {
			if got, want := c.CRC32(int64(p[0]), int64(p[1])), crc32.ChecksumIEEE(data[p[0]:p[1]]); got != want {
				t.Errorf("CRC-32 of bytes %d to %d of %d: got %08x, want %08x", p[0], p[1], size, got, want)
			}
		}
		c.Close()
	}
}
