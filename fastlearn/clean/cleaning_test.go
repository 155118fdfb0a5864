package clean

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// A plan of a relative folder is about that folder, wherever the program goes before it is carried out.
func TestCleaningAfterChdir(t *testing.T) {
	above, other := t.TempDir(), t.TempDir()
	for _, dir := range []string{above, other} {
		for _, f := range []string{"rose/1.jpg", "rose/2.jpg", "tulip/3.jpg"} {
			if err := os.MkdirAll(filepath.Join(dir, "flowers", filepath.Dir(f)), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "flowers", f), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Chdir(above)
	plan, err := Plan("flowers", []Choice{{"flowers/rose/1.jpg", "rose", Delete}, {"flowers/rose/2.jpg", "rose", Relabel("tulip")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(other)
	if n, err := plan.DeleteFiles(); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	if n, err := plan.MoveFiles(); n != 1 || err != nil {
		t.Errorf("moved %d, %v", n, err)
	}
	for _, f := range []string{"flowers/rose/1.jpg", "flowers/rose/2.jpg"} {
		if _, err := os.Stat(f); err != nil {
			t.Errorf("a picture of another folder is gone: %v", err)
		}
		if _, err := os.Stat(filepath.Join(above, f)); err == nil {
			t.Errorf("%s is still there", f)
		}
	}
}

// Links give a picture several paths, and are pictures themselves: none leads to one that was to be kept.
func TestCleaningOfLinks(t *testing.T) {
	dir := pictureFolder(t, "rose/1.jpg", "rose/2.jpg", "tulip/2.jpg", "store/4.jpg", "deep/er/x.jpg", "x.jpg")
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, target := range parity.Sorted(map[string]string{
		"again": "rose", "out": "deep/er", "rose/beside.jpg": "2.jpg", "rose/3.jpg": "../store/4.jpg", "rose/4.jpg": at("store/4.jpg"), "rose/gone.jpg": "nothing.jpg",
	}) {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range parity.Sorted(map[string]struct {
		choices []Choice
		want    string
	}{
		"kept by one path, deleted by another": {[]Choice{{at("rose/1.jpg"), "rose", Keep}, {at("again/1.jpg"), "again", Delete}}, "two choices"},
		"back from a link":                     {[]Choice{{dir + "/out/../x.jpg", "rose", Delete}}, "it isn't"},
		"back from what isn't there":           {[]Choice{{dir + "/nowhere/../x.jpg", "rose", Delete}}, "it isn't"},
		"a link to a neighbour":                {[]Choice{{at("rose/beside.jpg"), "rose", Relabel("tulip")}}, "lead elsewhere"},
	}) {
		if plan, err := Plan(dir, c.choices); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", name, plan, err, c.want)
		}
	}
	var choices []Choice
	for _, name := range []string{"rose/3.jpg", "rose/4.jpg", "rose/gone.jpg"} {
		choices = append(choices, Choice{at(name), "rose", Relabel("tulip")})
	}
	choices = append(choices, Choice{at("again/1.jpg"), "again", Delete}, Choice{at("rose/1.jpg"), "rose", Delete}) // the same one, twice
	plan, err := Plan(dir, choices)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := plan.MoveFiles(); n != 3 || err != nil {
		t.Errorf("moved %d, %v", n, err)
	}
	if n, err := plan.DeleteFiles(); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	for _, name := range []string{"tulip/3.jpg", "tulip/4.jpg"} {
		if data, err := os.ReadFile(at(name)); string(data) != "store/4.jpg" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if target, err := os.Readlink(at("tulip/gone.jpg")); target != "nothing.jpg" {
		t.Errorf("a link to nothing: %q, %v", target, err)
	}
}

// Of two programs that move different pictures to one name at the same moment, one is refused: no picture is lost.
func TestCleaningsAtTheSameTime(t *testing.T) {
	const pictures = 300
	var files []string
	for i := range pictures {
		files = append(files, fmt.Sprintf("rose/%d.jpg", i), fmt.Sprintf("daisy/%d.jpg", i))
	}
	dir := pictureFolder(t, files...)
	plans := map[string][]*Cleaning{}
	for _, class := range []string{"rose", "daisy"} {
		for i := range pictures {
			plan, err := Plan(dir, []Choice{{filepath.Join(dir, class, fmt.Sprintf("%d.jpg", i)), class, Relabel("tulip")}})
			if err != nil {
				t.Fatal(err)
			}
			plans[class] = append(plans[class], plan)
		}
	}
	for i := range pictures {
		var done [2]int
		var both sync.WaitGroup
		for k, class := range []string{"rose", "daisy"} {
			both.Go(func() { done[k], _ = plans[class][i].MoveFiles() })
		}
		both.Wait()
		if done[0]+done[1] != 1 {
			t.Fatalf("picture %d: %d moves to one name", i, done[0]+done[1])
		}
	}
	found := 0
	for _, class := range []string{"rose", "daisy", "tulip"} {
		names, err := filepath.Glob(filepath.Join(dir, class, "*.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		found += len(names)
	}
	if found != 2*pictures {
		t.Errorf("%d pictures are left of %d", found, 2*pictures)
	}
}

// Where a folder can't be written to, a picture is whole at its old place and nowhere else.
func TestCleaningOfReadOnlyFolders(t *testing.T) {
	dir := pictureFolder(t, "rose/1.jpg")
	locked := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	if os.WriteFile(filepath.Join(locked, "x"), nil, 0o666) == nil {
		t.Skip("this user may write everywhere")
	}
	plan, err := Plan(dir, []Choice{{filepath.Join(dir, "rose/1.jpg"), "rose", Relabel("tulip")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"rose", "tulip"} {
		path := filepath.Join(dir, folder)
		if err := os.Chmod(path, 0o555); err != nil {
			t.Fatal(err)
		}
		if n, err := plan.MoveFiles(); n != 0 || err == nil || !strings.Contains(err.Error(), "permission") {
			t.Errorf("%s: moved %d, %v", folder, n, err)
		}
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
		_, here := os.Stat(filepath.Join(dir, "rose/1.jpg"))
		if _, there := os.Stat(filepath.Join(dir, "tulip/1.jpg")); here != nil || there == nil {
			t.Errorf("%s: at the old place %v, at the new one %v", folder, here, there)
		}
	}
}

// What a plan prints is a line for each picture, whatever its name, and errors say what to do.
func TestCleaningSays(t *testing.T) {
	dir := pictureFolder(t, "rose/1.jpg\ndelete 2.jpg", "rose/\x1b[2Jé.jpg", "rose/ü 1.jpg", "rose/3.jpg", "tulip/3.jpg")
	at := func(name string) string { return filepath.Join(dir, name) }
	plan, err := Plan(dir, []Choice{
		{at("rose/1.jpg\ndelete 2.jpg"), "rose", Delete}, {at("rose/\x1b[2Jé.jpg"), "rose", Relabel("tulip")}, {at("rose/ü 1.jpg"), "rose", Delete},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `move "rose/\x1b[2Jé.jpg" to "tulip/\x1b[2Jé.jpg"` + "\n" + `delete "rose/1.jpg\ndelete 2.jpg"` + "\ndelete rose/ü 1.jpg\n"
	if got := plan.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range []struct {
		dir    string
		choice Choice
		want   string
	}{
		{dir, Choice{at("rose/3.jpg"), "rose", Relabel("tulip")}, "tulip/3.jpg: rename that one first"},
		{at("rose"), Choice{at("rose/3.jpg"), "rose", Relabel("tulip")}, "give the folder that holds the classes' folders"},
	} {
		if _, err := Plan(c.dir, []Choice{c.choice}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
