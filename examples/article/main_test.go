package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// The article runs, on small drawn flowers and from fresh weights in the place of the published.
func TestArticle(t *testing.T) {
	home := t.TempDir()
	t.Setenv("TORCH_HOME", home)
	weights, err := hub.LookupWeights("resnet34")
	if err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(home, "hub", "checkpoints")
	if err := os.MkdirAll(cache, 0o777); err != nil {
		t.Fatal(err)
	}
	whole := vision.ResNet34.New(1000)
	state, err := nn.ToPTH(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := pth.WriteFile(filepath.Join(cache, filepath.Base(weights.URL)), state); err != nil {
		t.Fatal(err)
	}
	nn.Close(whole)
	flowers := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), flowers, datasets.PerClass(8)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := article(t.Context(), flowers, 40, 32, 16); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("models/flowers.pth"); err != nil {
		t.Error(err)
	}
}

// The whole of it, its errors handled, is no longer than this.
func TestArticleIsShort(t *testing.T) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "main.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := file.Scope.Lookup("article").Decl.(*ast.FuncDecl)
	if n := files.Position(f.Body.Rbrace).Line - files.Position(f.Body.Lbrace).Line - 1; n > 45 {
		t.Errorf("%d lines", n)
	}
}
