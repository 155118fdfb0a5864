package clean_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// photos copies n photographs of each of five flowers to a folder.
func photos(t *testing.T, n int) (dir string) {
	t.Helper()
	from := parity.Shared(t, "flowers5")
	dir = t.TempDir()
	files, err := vision.GetImageFiles(from)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	count := map[string]int{}
	for _, f := range files {
		class := filepath.Base(filepath.Dir(f))
		if count[class]++; count[class] > n {
			continue
		}
		text, err := os.ReadFile(f)
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, class), 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, class, filepath.Base(f)), text, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// smaller writes a picture anew, at a part of its size and with another quality.
func smaller(t *testing.T, from, to string, part float64, quality int) {
	t.Helper()
	m, err := vision.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	small := image.NewRGBA(image.Rect(0, 0, int(part*float64(m.W)), int(part*float64(m.H))))
	draw.CatmullRom.Scale(small, small.Bounds(), m.ToGo(), m.ToGo().Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Copies are found, whatever they are called, their size and their quality; photographs of one kind of flower aren't copies.
func TestDuplicatesOfPhotographs(t *testing.T) {
	dir := photos(t, 60)
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	before, err := clean.Duplicates(t.Context(), files)
	if err != nil || len(before) > 2 { // real ones
		t.Errorf("of photographs as they are: %v, %v", before, err)
	}
	var copies []string
	for i, f := range files[:40] {
		to := filepath.Join(dir, fmt.Sprintf("tulip/copy%d.jpg", i))
		smaller(t, f, to, 0.4+0.02*float64(i), 40+i)
		copies = append(copies, to)
	}
	pairs, err := clean.Duplicates(t.Context(), append(slices.Clone(files), copies...))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range copies {
		if !slices.ContainsFunc(pairs, func(p clean.Pair) bool { return p.B == c && p.Likeness < 1 }) {
			t.Errorf("the copy %s of %s isn't found", c, files[i])
		}
	}
	if n := len(pairs) - len(before) - len(copies); n != 0 {
		t.Errorf("%d pairs too many", n)
	}
}

// Of labels of which one in twenty is wrong, as many are found in the first tenth of the list as by cleanlab's ranking.
func TestSuspectsBesideScikitLearn(t *testing.T) {
	weights := parity.Shared(t, "weights", "resnet18-imagenette160.pth")
	dls, err := data.FromFolder(photos(t, 60), data.ValidPct(0.2), data.SplitSeed(1), data.BatchSize(32), data.ItemTfms(vision.Resize(128)), data.Workers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Weights(weights), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	train := dls.Train.(*data.ItemLoader)
	features, err := clean.Features(t.Context(), learn, train.Files(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := len(train.Files())
	if len(features) != n || len(features[0]) != 512 {
		t.Fatalf("%d×%d features of %d files", len(features), len(features[0]), n)
	}
	var labels, wrong [][]int
	var ours []int
	for seed := range 3 {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		var given []int
		for _, y := range train.Targets() {
			given = append(given, int(y[0]))
		}
		planted := rng.Perm(n)[:n/20]
		for _, i := range planted {
			given[i] = (given[i] + 1 + rng.IntN(4)) % 5
		}
		suspects, err := clean.Suspects(t.Context(), features, given, int64(seed))
		if err != nil || len(suspects) != n {
			t.Fatal(len(suspects), err)
		}
		found := 0
		for _, s := range suspects[:n/10] {
			if slices.Contains(planted, s.Item) {
				found++
			}
		}
		ours, labels, wrong = append(ours, found), append(labels, given), append(wrong, planted)
	}
	var want []int
	parity.Python(t, "suspects.py", map[string]any{"features": features, "labels": labels, "wrong": wrong}, &want)
	all := func(counts []int) (sum int) {
		for _, c := range counts {
			sum += c
		}
		return sum
	}
	t.Logf("found of %d wrong labels: %d, by scikit-learn %d", n/20, ours, want)
	if planted := 3 * (n / 20); 100*all(ours) < 100*all(want)-planted || all(ours) == 0 {
		t.Errorf("found %d of %d wrong labels each, and scikit-learn's ranking %d", ours, n/20, want)
	}
}

// A folder with a bad file, a copy across training and validation, and labels is looked through; the choices are read back.
func TestCheck(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(6)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"train", "valid"} {
		for i, f := range files {
			if (i%3 == 0) == (set == "valid") {
				to := filepath.Join(dir, set, filepath.Base(filepath.Dir(f)), filepath.Base(f))
				if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(f, to); err != nil {
					t.Fatal(err)
				}
				files[i] = to
			}
		}
	}
	class := filepath.Dir(files[0])
	bad, double := filepath.Join(class, "bad.jpg"), filepath.Join(dir, "train", filepath.Base(class), "double.jpg")
	text, err := os.ReadFile(files[0]) // which is validated on
	for path, text := range parity.Sorted(map[string][]byte{bad: []byte("not a picture"), double: text}) {
		if err == nil {
			err = os.WriteFile(path, text, 0o666)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	dls, err := data.FromFolder(dir, data.BatchSize(16), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	f, err := clean.Check(t.Context(), learn)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Unreadable) != 1 || f.Unreadable[0].Path != bad || f.Files != len(files)+2 || len(f.Items) != len(files)+1 || len(f.Suspects) != len(f.Items) {
		t.Errorf("%d files, %d readable, %d ranked, unreadable %v", f.Files, len(f.Items), len(f.Suspects), f.Unreadable)
	}
	leak := func(p clean.Pair) bool { return p.Likeness == 1 && p.A == double && p.B == files[0] }
	if !slices.ContainsFunc(f.Leaks, leak) {
		t.Errorf("the copy of a file isn't found: %v", f.Leaks)
	}
	var b bytes.Buffer
	if err := f.Print(&b, 5); err != nil || !strings.Contains(b.String(), "bad.jpg") || !strings.Contains(b.String(), "the same bytes, in training and validation") || !strings.Contains(b.String(), "suspicious labels") {
		t.Errorf("%v\n%s", err, &b)
	}
	file := filepath.Join(t.TempDir(), "choices.csv")
	if err := clean.WriteChoices(file, f.Choices(5)); err != nil {
		t.Fatal(err)
	}
	if choices, err := clean.ReadChoices(file); err != nil || !slices.Contains(choices, clean.Choice{Path: bad, Choice: clean.Delete}) || len(choices) < 3 {
		t.Errorf("%v, %v", choices, err)
	}
	if f, err := clean.Check(t.Context(), learn, clean.FilesOnly()); err != nil || len(f.Unreadable) != 1 || f.Suspects != nil {
		t.Errorf("files only: %+v, %v", f, err)
	}
}
