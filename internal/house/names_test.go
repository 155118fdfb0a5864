package house

import (
	"go/ast"
	"strings"
	"testing"
)

// What is exported is described, by a comment that begins with its name; a package by one that begins with "Package".
func TestExportedNamesAreDescribed(t *testing.T) {
	for _, p := range packages(t) {
		described := false
		for _, f := range p.parse(t) {
			described = described || f.Doc != nil && strings.HasPrefix(f.Doc.Text(), "Package "+f.Name.Name)
			end := 0 // the line on which the declaration before ends
			for _, d := range f.Decls {
				below := p.fset.Position(d.Pos()).Line == end+1
				end = p.fset.Position(d.End()).Line
				switch d := d.(type) {
				case *ast.FuncDecl:
					shares := d.Doc == nil && below || usual[d.Name.Name] && d.Recv != nil // the comment above, or the interface's
					if d.Name.IsExported() && !shares && (d.Recv == nil || ast.IsExported(receiver(d))) {
						p.describes(t, d.Name, d.Doc)
					}
				case *ast.GenDecl:
					for _, s := range d.Specs {
						p.describesSpec(t, d, s)
					}
				}
			}
		}
		if len(p.sources()) > 0 && !described {
			t.Errorf("package %s has no comment that begins with \"Package\"", p.dir)
		}
	}
}

// usual are methods that the standard library's interfaces describe.
var usual = map[string]bool{"String": true, "Error": true, "Unwrap": true, "MarshalJSON": true, "UnmarshalJSON": true}

func (p *pkg) describesSpec(t *testing.T, d *ast.GenDecl, s ast.Spec) {
	t.Helper()
	switch s := s.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && (d.Doc == nil || s.Doc != nil || len(d.Specs) == 1) {
			doc := s.Doc
			if doc == nil {
				doc = d.Doc
			}
			if doc == nil && s.Comment != nil {
				return
			}
			p.describes(t, s.Name, doc)
		}
	case *ast.ValueSpec: // a group has one comment
		if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
			t.Errorf("%s: %s.%s has no comment", p.fset.Position(s.Pos()), p.dir, s.Names[0].Name)
		}
	}
}

func (p *pkg) describes(t *testing.T, name *ast.Ident, doc *ast.CommentGroup) {
	t.Helper()
	text := doc.Text()
	for _, article := range []string{"A ", "An ", "The "} {
		text = strings.TrimPrefix(text, article)
	}
	if rest, ok := strings.CutPrefix(text, name.Name); !ok || rest != "" && rest[0] != ' ' && rest[0] != '\n' && rest[0] != ',' && rest[0] != '\'' {
		t.Errorf("%s: want a comment on %s.%s that begins with its name, not %.40q", p.fset.Position(name.Pos()), p.dir, name.Name, text)
	}
}

func receiver(d *ast.FuncDecl) string {
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// declared are the names of a spec.
func declared(s ast.Spec) (names []string) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		names = []string{s.Name.Name}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			names = append(names, n.Name)
		}
	}
	return names
}
