package clean

import (
	"context"
	"crypto/sha256"
	"io"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A Pair are two files that show the same image.
type Pair struct {
	A, B     string
	Likeness float64 // of thumbnails, up to 1; 1 for the same bytes
}

// alike is the likeness of thumbnails from which on two files are near-duplicates: copies that were resized or compressed
// again lie above it, different photographs of one motif below.
const alike = 0.985

// thumb is the width and height of the thumbnails.
const thumb = 16

// Duplicates lists pairs of files with the same bytes, and of images that look the same, resized or compressed again. Files that
// can't be read are left out; [vision.VerifyImages] lists them. Of n files that are all alike there are n-1 pairs.
func Duplicates(ctx context.Context, files []string) ([]Pair, error) {
	if err := guard.Context("clean: Duplicates", ctx); err != nil {
		return nil, err
	}
	looks, sums, err := thumbnails(ctx, files)
	if err != nil {
		return nil, err
	}
	var pairs []Pair
	first := map[[sha256.Size]byte]int{}
	var rest []int // of files with the same bytes the first
	for i, sum := range sums {
		if looks[i] == nil {
			continue
		}
		if k, ok := first[sum]; ok {
			pairs = append(pairs, Pair{files[k], files[i], 1})
			continue
		}
		first[sum] = i
		rest = append(rest, i)
	}
	group := make([]int, len(rest)) // by the first of those that are alike
	for i := range group {
		group[i] = i
	}
	err = similar(ctx, rest, looks, func(a, b int, likeness float64) {
		if a, b = root(group, a), root(group, b); a != b {
			group[max(a, b)] = min(a, b)
			pairs = append(pairs, Pair{files[rest[a]], files[rest[b]], likeness})
		}
	})
	return pairs, err
}

func root(group []int, i int) int {
	for group[i] != i {
		i = group[i]
	}
	return i
}

// thumbnails are those of files, without their mean and of length 1, with a sum of each file's bytes; nil where there is none.
func thumbnails(ctx context.Context, files []string) (looks [][]float32, sums [][sha256.Size]byte, err error) {
	looks, sums = make([][]float32, len(files)), make([][sha256.Size]byte, len(files))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			r, m := vision.Reader{Tfms: vision.Item(vision.ResizeTo(thumb, thumb, vision.Method(vision.Squish)))}, vision.Image{}
			for i := next.Add(1) - 1; int(i) < len(files) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if r.Read(files[i], nil, vision.Valid, &m) != nil {
					continue
				}
				if sum, err := sumOf(files[i]); err == nil {
					looks[i], sums[i] = normal(m.Pix), sum
				}
			}
		})
	}
	workers.Wait()
	return looks, sums, ctx.Err()
}

func sumOf(file string) (sum [sha256.Size]byte, err error) {
	f, err := diskfile.Open(file)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// normal is a thumbnail whose product with another is their correlation; of a single colour it is zero.
func normal(pixels []byte) []float32 {
	mean, length := 0.0, 0.0
	for _, p := range pixels {
		mean += float64(p) / float64(len(pixels))
	}
	for _, p := range pixels {
		length += (float64(p) - mean) * (float64(p) - mean)
	}
	out := make([]float32, len(pixels))
	for i, p := range pixels {
		if length > float64(len(pixels)) { // else there is nothing to see
			out[i] = float32((float64(p) - mean) / math.Sqrt(length))
		}
	}
	return out
}

// similar calls found for pairs of places in rest, the first the smaller, whose thumbnails are alike.
func similar(ctx context.Context, rest []int, looks [][]float32, found func(a, b int, likeness float64)) error {
	if len(rest) == 0 {
		return nil
	}
	var all []float32
	for _, i := range rest {
		all = append(all, looks[i]...)
	}
	n := int64(len(rest))
	s := torch.NewScope()
	defer s.Close()
	return torch.Try(func() {
		x := torch.FromSlice(s, all, n, int64(len(all))/n)
		const block = 512
		for at := int64(0); at < n && ctx.Err() == nil; at += block {
			c := s.Child()
			rows := min(block, n-at)
			part := torch.FromSlice(c, all[at*x.Size(1):(at+rows)*x.Size(1)], rows, x.Size(1))
			for k, v := range torch.ToSlice[float32](part.MatMul(x.Transpose(0, 1))) {
				if a, b := int(at)+k/int(n), k%int(n); a < b && v >= alike {
					found(a, b, float64(v))
				}
			}
			c.Close()
		}
	})
}
