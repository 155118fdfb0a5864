package clean

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// pictureFolder is a folder of two classes, rose and tulip, with files of the given paths.
func pictureFolder(t *testing.T, files ...string) string {
	dir := t.TempDir()
	for _, f := range append(files, "rose/.here", "tulip/.here") {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Choices go to a file and back, whatever is in their names.
func TestChoicesFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "choices.csv")
	want := []Choice{
		{"a, b.jpg", "rose", Keep}, {`a"b.jpg`, "<script>", Delete}, {"c.jpg", "delete", Relabel("keep")}, {" d.jpg", "", Relabel("a,b\nc")},
	}
	if err := WriteChoices(file, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadChoices(file)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if err := WriteChoices(file, []Choice{{"a.jpg", "rose", "perhaps"}}); err == nil || !strings.Contains(err.Error(), "perhaps") {
		t.Errorf("no choice: %v", err)
	}
	if again, err := ReadChoices(file); err != nil || !slices.Equal(again, want) {
		t.Errorf("a refused list changed the file: %q, %v", again, err)
	}
	for text, want := range parity.Sorted(map[string]string{
		"":                                     "empty",
		"path,choice,label\n":                  "heads",
		"path,label,choice\na,b\n":             "wrong number",
		"path,label,choice\na,b,keep\nc,d,e\n": "line 3",
		"path,label,choice\n,b,keep\n":         "line 2",
		"path,label,choice\na,b,relabel:\n":    "line 2",
	}) {
		if _, err := readChoices(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if got, err := readChoices(strings.NewReader("\ufeffpath,label,choice\r\na,b,keep\r\n")); err != nil || len(got) != 1 {
		t.Errorf("as a spreadsheet saves it: %q, %v", got, err)
	}
}

// Names that a file of comma-separated values would change are refused before it is written:
// "a\r\nb.jpg" would be read as "a\nb.jpg", which may be another picture.
func TestChoicesThatWouldChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "choices.csv")
	if err := WriteChoices(file, []Choice{{"a\r\nb.jpg", "rose", Delete}}); err == nil || !strings.Contains(err.Error(), "rename") {
		t.Errorf("a line's end of Windows: %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("it was written")
	}
	want := []Choice{{"../a\rb\n.jpg", "=1+1", Relabel("@x")}, {"a\xffb.jpg", "\ufeff", Keep}}
	if err := WriteChoices(file, want); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadChoices(file); err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%q, %v", got, err)
	}
}

// A plan changes nothing; pictures move when told, and are deleted only when told that.
func TestCleaning(t *testing.T) {
	dir := pictureFolder(t, "rose/1.jpg", "rose/2.jpg", "tulip/3.jpg", "tulip/4.jpg")
	at := func(name string) string { return filepath.Join(dir, name) }
	there := func(name string) bool { _, err := os.Stat(at(name)); return err == nil }
	choices := []Choice{
		{at("rose/1.jpg"), "rose", Relabel("tulip")}, {at("rose/2.jpg"), "rose", Delete}, {at("tulip/3.jpg"), "tulip", Keep},
		{at("tulip/4.jpg"), "tulip", Relabel("tulip")}, {at("rose/gone.jpg"), "rose", Delete},
	}
	plan, err := Plan(dir, choices)
	if err != nil {
		t.Fatal(err)
	}
	want := "move rose/1.jpg to tulip/1.jpg\ndelete rose/2.jpg\nmissing: " + at("rose/gone.jpg") + "\n"
	if plan.String() != want || !there("rose/1.jpg") || !there("rose/2.jpg") {
		t.Errorf("the plan:\n%s", plan)
	}
	n, err := plan.MoveFiles()
	if n != 1 || err != nil || !there("tulip/1.jpg") || there("rose/1.jpg") || !there("rose/2.jpg") {
		t.Errorf("moved %d, %v", n, err)
	}
	n, err = plan.DeleteFiles()
	if n != 1 || err != nil || there("rose/2.jpg") || !there("tulip/3.jpg") || !there("tulip/4.jpg") {
		t.Errorf("deleted %d, %v", n, err)
	}
	again, err := Plan(dir, choices)
	if err != nil || len(again.Missing) != 3 || again.moves != nil || again.gone != nil {
		t.Errorf("again: %v, %v", again, err)
	}
	if err := os.WriteFile(at("rose/1.jpg"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.MoveFiles(); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("moved over a file: %v", err)
	}
	if data, err := os.ReadFile(at("tulip/1.jpg")); string(data) != "rose/1.jpg" {
		t.Errorf("it holds %q, %v", data, err)
	}
}

// What isn't safe is refused before anything is done.
func TestCleaningRefuses(t *testing.T) {
	dir := pictureFolder(t, "rose/1.jpg", "rose/2.jpg", "tulip/2.jpg", "other/deep/3.jpg", "other/rose/1.jpg", "other/tulip/.here")
	outside := pictureFolder(t, "rose/x.jpg")
	if err := os.Symlink(filepath.Join(outside, "rose"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		choice Choice
		want   string
	}{
		{Choice{filepath.Join(outside, "rose/x.jpg"), "rose", Delete}, "not inside"},
		{Choice{dir + "/rose/../../x.jpg", "rose", Delete}, "not inside"},
		{Choice{dir, "rose", Delete}, "not inside"},
		{Choice{at("link/x.jpg"), "link", Delete}, "escapes"},
		{Choice{at("away/rose/x.jpg"), "rose", Relabel("tulip")}, "no folder"},
		{Choice{at("rose/1.jpg"), "rose", Relabel("../../etc")}, "folder's name"},
		{Choice{at("rose/1.jpg"), "rose", Relabel("..")}, "folder's name"},
		{Choice{at("rose/1.jpg"), "rose", Relabel("rosé")}, "no folder"},
		{Choice{at("rose/1.jpg"), "rose", Relabel("link")}, "no folder"},
		{Choice{at("rose/2.jpg"), "rose", Relabel("tulip")}, "already"},
		{Choice{at("other/deep/3.jpg"), "rose", Relabel("tulip")}, "comes from elsewhere"},
		{Choice{at("rose"), "rose", Delete}, "a folder"},
		{Choice{at("rose/1.jpg"), "rose", "perhaps"}, "perhaps"},
	} {
		plan, err := Plan(dir, []Choice{c.choice})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, %v, want %q", c.choice, plan, err, c.want)
		}
	}
	_, err := Plan(dir, []Choice{{at("rose/1.jpg"), "rose", Delete}, {at("rose/../rose/1.jpg"), "rose", Keep}})
	if err == nil || !strings.Contains(err.Error(), "two choices") {
		t.Errorf("contradicting: %v", err)
	}
	if _, err := Plan(at("nowhere"), nil); err == nil {
		t.Error("no such folder")
	}
	if _, err := os.Stat(filepath.Join(outside, "rose/x.jpg")); err != nil {
		t.Error(err)
	}
}
