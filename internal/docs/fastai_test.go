package docs

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

const fromFastai = root + "/docs/from-fastai.md"

// row is a line of the page's tables: the code in its first two columns, and in its third.
type row struct {
	theirs, ours, notes []line
}

func fromFastaiRows(t *testing.T) (rows []row) {
	t.Helper()
	for _, l := range readPage(t, fromFastai) {
		cells := strings.Split(l.text, "|")
		if len(cells) != 5 || cells[1] == " fastai " || strings.HasPrefix(cells[1], "---") {
			continue
		}
		column := func(i int) []line { return spans([]line{{cells[i], l.where}}) }
		r := row{column(1), column(2), column(3)}
		if len(r.theirs) == 0 || len(r.ours) == 0 {
			t.Errorf("%s: a row without code: %s", l.where, l.text)
		}
		rows = append(rows, r)
	}
	if len(rows) < 100 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows
}

// What the expressions of the middle column refer to.
const prelude = `package snippets

import (
	"context"
	"math/rand/v2"
	"os"
	"regexp"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/fastlearn/notebook"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/fastlearn/tensorboard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

var _, _, _ = regexp.MustCompile, os.Stdout, tensorboard.Log
var _, _, _, _, _, _ = callback.MixUp, clean.Plan, data.ReadCSV, loss.MSE{}, metric.Avg, predictor.Load

func use(...any) {}

func _(ctx context.Context, dir string, files, labels []string, rows []data.Row, weights []float64,
	block data.Block[string], dls *data.Loaders, dl *data.ItemLoader, learn *fastlearn.Learner,
	model, head nn.Module, weight *torch.Tensor, cb fastlearn.Callback, batch *data.Batch, interp *fastlearn.Interpretation,
	split func(nn.Module) [][]*torch.Tensor, augment func(x *torch.Tensor, rng *rand.Rand) *torch.Tensor, label func(string) (string, error),
	batchValue func(pred, target *torch.Tensor) *torch.Tensor, wholeValue func(pred, target *torch.Tensor) float64,
) {
`

// ours are the packages and variables with which code of ours begins.
var ours = regexp.MustCompile(`^(fastlearn|data|loss|metric|callback|clean|predictor|vision|datasets|plot|notebook|progress|tensorboard|torch|nn|optim|checkpoint|learn|dls|dl|interp|block)\.[A-Z]`)

// The middle column compiles, and what the third and the prose name of ours.
func TestFromFastaiCompiles(t *testing.T) {
	var code []line
	for _, r := range fromFastaiRows(t) {
		code = append(code, r.ours...)
	}
	inColumn := len(code)
	for _, l := range spans(readPage(t, fromFastai)) {
		if ours.MatchString(l.text) {
			code = append(code, l)
		}
	}
	var source strings.Builder
	source.WriteString(prelude)
	for i, l := range code {
		file, number, _ := strings.Cut(strings.TrimPrefix(l.where, root+"/"), ".md:")
		for _, text := range topLevel(l.text) {
			e, err := parser.ParseExpr(text)
			if err != nil {
				if i < inColumn {
					t.Errorf("%s: `%s`: %v", l.where, text, err)
				}
				continue
			}
			if _, call := e.(*ast.CallExpr); !call {
				text = "use(" + text + ")"
			}
			fmt.Fprintf(&source, "//line %s.md:%s\n%s\n", file, number, text)
		}
	}
	source.WriteString("}\n")

	// The file is in the module only for this build.
	dir := t.TempDir()
	snippets, err := filepath.Abs(filepath.Join(root, "internal", "docs", "snippets", "snippets.go"))
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{snippets: filepath.Join(dir, "snippets.go")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range parity.Sorted(map[string]string{"snippets.go": source.String(), "overlay.json": string(overlay)}) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-gcflags=-e", "-overlay", filepath.Join(dir, "overlay.json"), "./internal/docs/snippets")
	build.Dir = root
	if printed, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
}

// topLevel is the expressions that a span lists: "a.F(), a.G()".
func topLevel(text string) []string {
	if e, err := parser.ParseExpr("f(" + text + ")"); err == nil {
		if call := e.(*ast.CallExpr); len(call.Args) > 1 {
			var all []string
			for _, arg := range call.Args {
				all = append(all, text[arg.Pos()-3:arg.End()-3])
			}
			return all
		}
	}
	return []string{text}
}

// The left column is fastai's: its names, attributes and keyword arguments are there.
func TestFromFastaiIsFastais(t *testing.T) {
	var in struct {
		Code []string `json:"code"`
	}
	var where []string
	for _, r := range fromFastaiRows(t) {
		for _, l := range r.theirs {
			in.Code = append(in.Code, l.text)
			where = append(where, l.where)
		}
	}
	var out struct {
		Missing [][]string `json:"missing"` // of each piece of code
	}
	parity.Python(t, "names.py", in, &out)
	for i, missing := range out.Missing {
		for _, m := range missing {
			t.Errorf("%s: `%s`: %s", where[i], in.Code[i], m)
		}
	}
}
