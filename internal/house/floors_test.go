package house

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The core is read from the ground up: no two of its files need each other, and it has few floors. A file stands on those whose
// declarations, methods or fields it names.
func TestCoreHasFloors(t *testing.T) {
	const floors = 10
	stands := arrows(t, "fastlearn")
	floor := map[string]int{} // 0: not yet known
	var path []string
	var place func(name string) int
	place = func(name string) int {
		if i := slices.Index(path, name); i >= 0 {
			t.Fatalf("files of the core need each other: %s", strings.Join(append(path[i:], name), " → "))
		}
		if floor[name] == 0 {
			path = append(path, name)
			f := 1
			for on := range stands[name] {
				f = max(f, 1+place(on))
			}
			path = path[:len(path)-1]
			floor[name] = f
		}
		return floor[name]
	}
	for name := range stands {
		if f := place(name); f > floors {
			t.Errorf("fastlearn/%s is on floor %d: want at most %d", name, f, floors)
		}
	}
	if floor["learner.go"] <= floor["lr.go"] || floor["onecycle.go"] <= floor["loop.go"] {
		t.Errorf("learner.go uses lr.go, and onecycle.go the loop, and they are on floors %v", floor)
	}
}

// arrows lists for each file of a package the others of which it names something.
func arrows(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", "./"+dir)
	cmd.Dir, cmd.Stderr = parity.Root(), os.Stderr
	listed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(listed)); d.More(); {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
	}
	all := packages(t)
	p := all[slices.IndexFunc(all, func(p *pkg) bool { return p.dir == dir })]
	files := p.parse(t)
	config := types.Config{Importer: importer.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	checked, err := config.Check(p.ImportPath, p.fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, f := range files {
		from := filepath.Base(p.fset.Position(f.Pos()).Filename)
		out[from] = map[string]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if o := info.Uses[id]; o != nil && o.Pkg() == checked {
					if to := filepath.Base(p.fset.Position(o.Pos()).Filename); to != from {
						out[from][to] = true
					}
				}
			}
			return true
		})
	}
	return out
}
