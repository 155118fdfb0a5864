package recipe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// What labels are is told by what they look like; names of two words are one class.
func TestKindOfLabels(t *testing.T) {
	for name, c := range parity.Sorted(map[string]struct {
		labels      []string
		kind, delim string
	}{
		"classes":           {[]string{"rose", "tulip", "rose"}, "one", " "},
		"two words":         {[]string{"pink primrose", "tiger lily", "fire lily", "globe thistle"}, "one", " "},
		"comma in a name":   {[]string{"Paris, France", "Rome, Italy", "Rome, Italy"}, "one", " "},
		"several, by space": {[]string{"person car", "person", "car", "dog person car", "dog", "car dog"}, "several", " "},
		"several, by ;":     {[]string{"a;b", "c", "b"}, "several", ";"},
		"several, by |":     {[]string{"a|b", "", "b"}, "several", "|"},
		"a fraction":        {[]string{"0.5", "1", "2"}, "numbers", " "},
		"few whole numbers": {[]string{"0", "1", "1", "0"}, "one", " "},
		"points":            {[]string{"1 2", "30 4", "2 2"}, "numbers", " "},
		"points, by comma":  {[]string{"1.5,2", "30,4"}, "numbers", ","},
		"empty":             {[]string{"", ""}, "one", " "},
	}) {
		if kind, delim := kindOf(c.labels); kind != c.kind || delim != c.delim {
			t.Errorf("%s: %s by %q, want %s by %q", name, kind, delim, c.kind, c.delim)
		}
	}
	var ages []string
	for i := range 300 {
		ages = append(ages, fmt.Sprint(i%90))
	}
	if kind, _ := kindOf(ages); kind != "numbers" {
		t.Errorf("90 different whole numbers are %s", kind)
	}
}

// What can't be trained is refused before anything is written, with what to do.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	empty, flat, table := filepath.Join(dir, "empty"), filepath.Join(dir, "flat"), filepath.Join(dir, "table.csv")
	for _, d := range []string{empty, flat} {
		if err := os.Mkdir(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(flat, "a.jpg"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, []byte("name\na.jpg\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range parity.Sorted(map[string]struct {
		change func(*Recipe)
		want   string
	}{
		"nothing":       {func(r *Recipe) { r.Data = "" }, "want a folder or a table"},
		"absent":        {func(r *Recipe) { r.Data = filepath.Join(dir, "absent") }, "no such file"},
		"no pictures":   {func(r *Recipe) { r.Data = empty }, "no pictures"},
		"no classes":    {func(r *Recipe) { r.Data = flat }, "those of each class into a folder"},
		"one column":    {func(r *Recipe) { r.Data = table }, "a column of files, one of labels"},
		"architecture":  {func(r *Recipe) { r.Arch = "resnet9" }, `no architecture "resnet9"`},
		"no epochs":     {func(r *Recipe) { r.Epochs = 0 }, "0 epochs"},
		"no minutes":    {func(r *Recipe) { r.Minutes = -1 }, "-1 minutes"},
		"all validates": {func(r *Recipe) { r.Valid = 1 }, "between 0 and 1"},
		"precision":     {func(r *Recipe) { r.Precision = "fp8" }, "fp32, bf16"},
		"labels":        {func(r *Recipe) { r.Labels = "two" }, "auto, one, several or numbers"},
	}) {
		r, out := Default(flat), filepath.Join(dir, "out", strings.ReplaceAll(name, " ", "-"))
		c.change(&r)
		if err := r.Train(t.Context(), out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if exists(out) {
			t.Errorf("%s: %s is left", name, out)
		}
	}
}

// A training is called after its folder or table, and what it wrote after the training.
func TestName(t *testing.T) {
	for path, want := range parity.Sorted(map[string]string{"a/flowers": "flowers", "a/flowers/": "flowers", "a/planet/labels.csv": "planet", "a/planet/train.csv": "planet", "a/pets.csv": "pets",
		"trained/flowers/model.safetensors": "flowers", "roses.safetensors": "roses", "a/model": "model"}) {
		if got := Name(path); got != want {
			t.Errorf("%s is called %s, want %s", path, got, want)
		}
	}
}
