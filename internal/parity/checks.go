package parity

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Check is one thing that PyTorch does in Python, above ATen: it refuses an argument, warns of it, or has a default.
type Check struct {
	Of   string // our exported names that it concerns, separated by blanks: "BatchNorm Optimizer.Set"
	What string // the input
	Py   string // the call in Python; statements before the last expression end with "; "

	// Want is in our error; empty for a default, where both give one value.
	Want string
	// Only is "warns" where Python goes on with a warning, or why ours refuses what Python lets through.
	Only string
	// Ours is the same call here, whose error is returned. Its value is compared as JSON.
	Ours func() (any, error)
}

// Checks runs each check here and in Python.
func Checks(t *testing.T, checks []Check) {
	t.Run("ours", func(t *testing.T) {
		for _, c := range checks {
			t.Run(c.name(), func(t *testing.T) {
				if _, err := c.Ours(); c.Want == "" && err != nil || c.Want != "" && (err == nil || !strings.Contains(err.Error(), c.Want)) {
					t.Errorf("want an error of %q: %v", c.Want, err)
				}
			})
		}
	})
	t.Run("python", func(t *testing.T) {
		var codes []string
		for _, c := range checks {
			codes = append(codes, c.Py)
		}
		var theirs []struct {
			Value          json.RawMessage
			Error, Warning string
		}
		Python(t, "checks.py", codes, &theirs)
		for i, c := range checks {
			t.Run(c.name(), func(t *testing.T) {
				got := theirs[i]
				switch {
				case c.Want == "":
					v, err := c.Ours()
					ours, jsonErr := json.Marshal(v)
					if err != nil || jsonErr != nil || got.Error != "" || !sameJSON(ours, got.Value) {
						t.Errorf("%s = %s %s, ours %s %v %v", c.Py, got.Value, got.Error, ours, err, jsonErr)
					}
				case c.Only == "warns" && (got.Error != "" || got.Warning == ""):
					t.Errorf("%s: want a warning, got an error of %q and a warning of %q", c.Py, got.Error, got.Warning)
				case c.Only == "" && got.Error == "":
					t.Errorf("%s = %s: Python lets it through", c.Py, got.Value)
				case c.Only != "" && c.Only != "warns" && got.Error != "":
					t.Errorf("%s: Python refuses it too: %s", c.Py, got.Error)
				}
			})
		}
	})
}

func (c Check) name() string { return strings.Fields(c.Of)[0] + ": " + c.What }

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

// Covered fails the test unless each exported function, method and type of the package in dir, relative to the root, is
// either of one of the checks or in unchecked, whose keys say why and whose values list the names; and unless all of these exist.
func Covered(t *testing.T, dir string, checks []Check, unchecked map[string]string) {
	t.Helper()
	why := map[string]string{}
	for _, c := range checks {
		for _, name := range strings.Fields(c.Of) {
			why[name] = "has checks"
		}
	}
	for reason, names := range unchecked {
		for _, name := range strings.Fields(names) {
			if other, ok := why[name]; ok {
				t.Errorf("%s is listed twice: %s, %s", name, other, reason)
			}
			why[name] = reason
		}
	}
	exported := exportedNames(t, filepath.Join(Root(), dir))
	for _, name := range exported {
		if why[name] == "" {
			t.Errorf("%s.%s is not in the table of what PyTorch checks in Python: look at what torch/nn, torch/optim and torch/_tensor.py do with its arguments, and add a check, or list it as unchecked", dir, name)
		}
		delete(why, name)
	}
	for _, name := range slices.Sorted(maps.Keys(why)) {
		t.Errorf("%s.%s is in the table, and doesn't exist", dir, name)
	}
}

// exportedNames lists the functions and types of a package, "F" and "T", and the methods of its exported types, "T.M".
func exportedNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = receiver(d.Recv.List[0].Type) + "." + name
				}
				if ast.IsExported(d.Name.Name) && ast.IsExported(name) {
					names = append(names, name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && s.Name.IsExported() {
						names = append(names, s.Name.Name)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
