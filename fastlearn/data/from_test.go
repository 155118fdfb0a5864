package data_test

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// writePNG writes a small picture of one colour, with the folders above it.
func writePNG(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
}

const tagTable = `name,tags,class,size,is_valid
p0.png,x y,a,1.5,False
p1.png,y,b,2,False
p2.png,x z,a,3.25,True
p3.png,z x,c,-1,False
p4.png,x,a,0.5,True
p5.png,z,b,8,False
p6.png,z y,c,9,False
p7.png,x,c,7,True
`

type described struct {
	C            int
	Loss         string
	Vocab        []string
	Train, Valid []string
	TrainYs      [][]float64 `json:"train_y"`
	ValidYs      [][]float64 `json:"valid_y"`
}

func describeDLs(dls *data.Loaders) described {
	losses := map[string]string{"CrossEntropy": "CrossEntropyLossFlat", "BCEWithLogits": "BCEWithLogitsLossFlat", "MSE": "BaseLoss"}
	out := described{C: dls.Outputs(), Loss: losses[reflect.TypeOf(dls.Loss()).Name()], Vocab: append([]string{}, dls.Vocab...)}
	names := func(l data.Loader) (out []string) {
		for _, f := range l.(*data.ItemLoader).Files() {
			out = append(out, filepath.Base(f))
		}
		return out
	}
	out.Train, out.Valid = names(dls.Train), names(dls.Valid)
	out.TrainYs, out.ValidYs = dls.Train.(*data.ItemLoader).Targets(), dls.Valid.(*data.ItemLoader).Targets()
	return out
}

// The constructors and blocks give fastai's vocabularies, splits, targets and losses.
func TestConstructorsEqualFastai(t *testing.T) {
	folder, multi := t.TempDir(), t.TempDir()
	for i, name := range []string{"train/a/ca_1", "train/a/ca_2", "train/b/do_3", "valid/b/do_4", "valid/a/ca_5", "train/b/do_6", "valid/b/ra_7", "train/b/ra_8", "train/a/ra_9", "other/b/ra_0"} {
		writePNG(t, filepath.Join(folder, name+".png"))
		writePNG(t, filepath.Join(multi, fmt.Sprintf("p%d.png", i)))
	}
	if err := os.WriteFile(filepath.Join(multi, "labels.csv"), []byte(tagTable), 0o666); err != nil {
		t.Fatal(err)
	}
	numbers := "name,class\n"
	for i, class := range []int{10, 9, 2, 10, 2, 9, 10, 2} {
		numbers += fmt.Sprintf("p%d.png,%d\n", i, class)
	}
	if err := os.WriteFile(filepath.Join(multi, "numbers.csv"), []byte(numbers), 0o666); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := data.ReadCSV(filepath.Join(multi, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]described
	parity.Python(t, "imagedls.py", map[string]any{"folder": folder, "multi": multi}, &want)

	bs, seed, pct := data.BatchSize(2), data.SplitSeed(3), data.ValidPct(0.4)
	thirds := make([]string, len(files))
	for i := range thirds {
		thirds[i] = fmt.Sprint(i % 3)
	}
	block := func(y data.TransformBlock, getY func(data.Row) (string, error)) func() (*data.Loaders, error) {
		return func() (*data.Loaders, error) {
			b := data.Block[data.Row]{Y: y, GetX: data.ColReader("name", data.Prefix(multi)), GetY: getY, Splitter: data.RandomSplitter(0.4, 3)}
			return b.DataLoaders(rows, bs)
		}
	}
	cases := map[string]func() (*data.Loaders, error){
		"folder":     func() (*data.Loaders, error) { return data.FromFolder(folder, bs) },
		"folder_pct": func() (*data.Loaders, error) { return data.FromFolder(folder, bs, seed, pct) },
		"name_re":    func() (*data.Loaders, error) { return data.FromNameRegex(files, `^([a-z]+)_\d+`, bs, seed, pct) },
		"name_func": func() (*data.Loaders, error) {
			return data.FromNameFunc(files, func(n string) (string, error) { return n[:2], nil }, bs, seed, pct)
		},
		"lists": func() (*data.Loaders, error) { return data.FromLists(files, thirds, bs, seed, pct) },
		"csv": func() (*data.Loaders, error) {
			return data.FromCSV(multi, bs, data.LabelDelim(" "), data.ValidCol("is_valid"))
		},
		"csv_numbers": func() (*data.Loaders, error) { return data.FromCSV(multi, bs, data.CSVName("numbers.csv"), seed, pct) },
		"path_re":     func() (*data.Loaders, error) { return data.FromPathRegex(files, `/([ab])/`, bs, seed, pct) },
		"csv_seed": func() (*data.Loaders, error) {
			return data.FromCSV(multi, bs, data.LabelCol("class"), data.FileCol("name"), seed, pct)
		},
		"add_na":      block(data.CategoryBlock{AddNA: true, Vocab: []string{"b", "a"}}, data.ColReader("class")),
		"unsorted":    block(data.CategoryBlock{Unsort: true, Vocab: []string{"c", "b", "a"}}, data.ColReader("class")),
		"multi_vocab": block(data.MultiCategoryBlock{Vocab: []string{"z", "y", "x"}}, data.ColReader("tags")),
		"number":      block(data.RegressionBlock{}, data.ColReader("size")),
		"numbers": block(data.RegressionBlock{NOut: 2}, func(r data.Row) (string, error) {
			v, err := r.Get("size")
			return v + " 1.5", err
		}),
	}
	for name, make := range cases {
		dls, err := make()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := describeDLs(dls); !reflect.DeepEqual(got, want[name]) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want[name])
		}
		dls.Close()
	}
	if len(cases) != len(want) {
		t.Errorf("%d cases, Python has %d", len(cases), len(want))
	}
}

func TestBlocksRefuse(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 6 {
		files = append(files, filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		writePNG(t, files[i])
	}
	same := []string{"a", "b", "a", "b", "a", "b"}
	for name, c := range parity.Sorted(map[string]struct {
		labels []string
		opts   []data.FromOption
		want   string
	}{
		"one label":              {[]string{"a", "a", "a", "a", "a", "a"}, nil, "one label"},
		"labels of one set":      {[]string{"0", "1", "2", "3", "4", "5"}, nil, "not in the vocabulary"},
		"no label":               {[]string{"a", "", "b", "a", "b", ""}, nil, "no label"},
		"lists of two lengths":   {same[:4], nil, "6 pictures and 4 labels"},
		"no number":              {same, []data.FromOption{data.YBlock(data.RegressionBlock{})}, "isn't a number"},
		"no whole number":        {same, []data.FromOption{data.YBlock(data.CategoryBlock{Numeric: true})}, "Numeric"},
		"numbers of two lengths": {[]string{"1 2", "1", "1 2", "1", "1 2", "1"}, []data.FromOption{data.YBlock(data.RegressionBlock{NOut: 2})}, "want 2"},
		"a vocabulary too small": {same, []data.FromOption{data.Vocab([]string{"a", "c"})}, `"b" is not in the given Vocab`},
		"a part above 1":         {same, []data.FromOption{data.ValidPct(2)}, "RandomSplitter of 2"},
		"no numbers":             {[]string{"1", "NaN", "1", "2", "1", "2"}, []data.FromOption{data.YBlock(data.RegressionBlock{})}, "NaN"},
		"weights too large":      {same, []data.FromOption{data.SampleWeights([]float64{1e308, 1e308, 1e308, 1e308, 1e308, 1e308})}, "+Inf"},
		"three colours for grey": {same, []data.FromOption{data.XBlock(data.ImageBlock{Gray: true}), data.BatchTfms(vision.Batch(vision.Normalize(vision.ImageNetStats())))}, "1 channels"},
		"an encoding too short":  {same, []data.FromOption{data.YBlock(data.MultiCategoryBlock{Encoded: true, Vocab: []string{"x", "y"}})}, "want 2"},
		"nothing to train on":    {same, []data.FromOption{data.ValidPct(1)}, "training set"},
		"weights too few":        {same, []data.FromOption{data.SampleWeights([]float64{1})}, "1 SampleWeights for 6"},
		"weights below 0":        {same, []data.FromOption{data.SampleWeights([]float64{1, 1, 1, 1, 1, -1})}, "-1"},
	}) {
		opts := append([]data.FromOption{data.BatchSize(2), data.SplitSeed(1)}, c.opts...)
		if _, err := data.FromLists(files, c.labels, opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v must contain %q", name, err, c.want)
		}
	}
	if _, err := data.FromNameRegex(files, "("); err == nil {
		t.Error("a bad regular expression must be refused")
	}
	if _, err := data.FromNameRegex(files, "none"); err == nil || !strings.Contains(err.Error(), "no group") {
		t.Errorf("an expression without a group: %v", err)
	}
	if _, err := data.FromFolder(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder without train and valid: %v", err)
	}
	if _, err := data.FromCSV(dir); err == nil || !strings.Contains(err.Error(), "labels.csv") {
		t.Errorf("no table: %v", err)
	}
}

func TestReadCSV(t *testing.T) {
	dir := t.TempDir()
	read := func(text string, opts ...data.CSVOption) ([]data.Row, error) {
		path := filepath.Join(dir, "t.csv")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return data.ReadCSV(path, opts...)
	}
	rows, err := read("\ufeffname;label\n\"a; b\";x\nc;\n", data.Comma(';'))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if v, err := data.ColReader("name", data.Prefix("pics"), data.Suffix(".jpg"))(rows[0]); v != filepath.Join("pics", "a; b.jpg") {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := rows[1].Get("label"); v != "" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if _, err := rows[0].Get("Label"); err == nil || !strings.Contains(err.Error(), `["name" "label"]`) {
		t.Errorf("no such column: %v", err)
	}
	for text, want := range parity.Sorted(map[string]string{"": "no row", "a,a\n1,2\n": "two columns", "a,b\n1\n": "line 2"}) {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v must contain %q", text, err, want)
		}
	}
	if !slices.Equal(rows[0].Columns(), []string{"name", "label"}) {
		t.Errorf("%q", rows[0].Columns())
	}
}
