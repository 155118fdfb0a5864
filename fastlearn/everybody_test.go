package fastlearn_test

import (
	"cmp"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// bodyRow is a line of docs/bodies.jsonl.
type bodyRow struct {
	Name   string  `json:"name"`
	Fastai string  `json:"fastai"` // equal, the error that it raises, or cuts after the stem
	Groups int     `json:"groups"`
	DType  string  `json:"dtype"`
	Steps  int64   `json:"steps"`
	Worst  float64 `json:"worst"`
	parity.Made
}

// Every architecture's body is compared with fastai's, the smallest first, and gets a row in the table that FASTLEARN_EVERY_BODY names; one
// that has a row is passed over. Those with more than 100 million parameters aren't trained.
func TestEveryBody(t *testing.T) {
	file := os.Getenv("FASTLEARN_EVERY_BODY")
	if file == "" {
		t.Skip("make test-models runs it")
	}
	all, err := parity.ReadContents(parity.Root())
	if err != nil {
		t.Fatal(err)
	}
	table := parity.OpenRows(t, file)
	names := slices.DeleteFunc(parity.SmallestFirst(all), table.Has)
	for few := range slices.Chunk(names, 4) { // by one Python
		t.Run(few[0], func(t *testing.T) {
			var jobs []bodyJob
			for _, name := range few {
				j := jobOf(t, name, 5)
				switch params := all[name].Params; {
				case params > 400e6: // in float64 they don't fit
					j.DType, j.Steps = "float32", 0
				case params > 100e6:
					j.Steps = 0
				}
				jobs = append(jobs, j)
			}
			var theirs []fastaiBody
			parity.Python(t, "bodies.py", jobs, &theirs)
			for i, j := range jobs {
				t.Run(j.Name, func(t *testing.T) {
					tol := map[string]float64{"float64": 1e-9, "float32": 1e-3}[j.DType]
					worst, groups := compareBody(t, j, theirs[i], tol)
					if t.Failed() {
						return
					}
					table.Append(t, bodyRow{j.Name, cmp.Or(parity.UnlikeFastai(j.Name), "equal"), len(groups), j.DType, j.Steps, math.Round(worst*1e17) / 1e17,
						table.Made(t)})
				})
			}
		})
	}
}
