package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Where the names lie that pages write with a package or a variable before them.
var (
	packages = map[string]string{
		"fastlearn": "fastlearn", "data": "fastlearn/data", "loss": "fastlearn/loss", "metric": "fastlearn/metric", "callback": "fastlearn/callback",
		"clean": "fastlearn/clean", "summary": "fastlearn/summary", "predictor": "fastlearn/predictor", "plot": "fastlearn/plot", "progress": "fastlearn/progress", "tensorboard": "fastlearn/tensorboard",
		"report": "fastlearn/report", "dashboard": "fastlearn/dashboard", "terminal": "fastlearn/terminal", "notebook": "fastlearn/notebook",
		"distributed": "torch/distributed", "torch": "torch", "nn": "torch/nn", "optim": "torch/optim", "pth": "torch/pth", "checkpoint": "torch/checkpoint", "jit": "torch/jit",
		"interop": "torch/interop", "vision": "vision", "datasets": "vision/datasets", "hub": "vision/hub",
	}
	// What variables are, by their packages.
	variables = map[string]struct{ pkg, name string }{
		"learn": {"fastlearn", "Learner"}, "interp": {"fastlearn", "Interpretation"}, "dls": {"data", "Loaders"}, "block": {"data", "Block"},
	}
)

// Every name of ours that a page mentions within its prose is there.
func TestNamesInDocsExist(t *testing.T) {
	name := regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)`)
	exported := map[string]map[string]bool{}
	for pkg, dir := range packages {
		exported[pkg] = exportedNames(t, filepath.Join(root, dir))
	}
	n := 0
	for _, page := range pages(t) {
		_, prose := split(t, page)
		for _, s := range spans(prose) {
			for _, m := range name.FindAllStringSubmatch(s.text, -1) {
				of, is := m[1], m[2]
				names, known := exported[of], exported[of] != nil
				if v, ok := variables[of]; ok {
					names, known = exported[v.pkg], true
					if embedded := "Loop." + is; of == "learn" && names[embedded] {
						is = embedded
					} else {
						is = v.name + "." + is
					}
				}
				if known {
					n++
				}
				if known && !names[is] {
					t.Errorf("%s: `%s`: there is no %s.%s", s.where, s.text, of, m[2])
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d names found", n)
	}
}

// exportedNames are a package's: of functions, types, variables and constants, and Type.Name of
// methods and fields.
func exportedNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no package in %s (%v)", dir, err)
	}
	names := map[string]bool{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					specNames(spec, names)
				}
			}
		}
	}
	return names
}

// receiver is "Type." for a method.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	e := f.Recv.List[0].Type
	if p, ok := e.(*ast.StarExpr); ok {
		e = p.X
	}
	if g, ok := e.(*ast.IndexExpr); ok {
		e = g.X
	}
	return e.(*ast.Ident).Name + "."
}

func specNames(spec ast.Spec, names map[string]bool) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			names[n.Name] = true
		}
	case *ast.TypeSpec:
		names[spec.Name.Name] = true
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, n := range f.Names {
					names[spec.Name.Name+"."+n.Name] = true
				}
			}
		}
	}
}
