package fastlearn_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fixture"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Weights that fit and were trained on other classes, or on the same in another order, are loaded, and the logger is told.
func TestLoadTellsOfOtherClasses(t *testing.T) {
	learner := func(classes ...string) (*fastlearn.Learner, *[]string) {
		said := &[]string{}
		learn := finiteLearner(t, nil, fixture.ColourFolders(t, 4, classes...))
		learn.Logger = func(row []string) { *said = append(*said, strings.Join(row, " ")) }
		return learn, said
	}
	from, _ := learner("blue", "red")
	for _, name := range []string{"with", "bare"} {
		path, err := from.Save(name, optimizer(name == "with")...)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			classes []string
			want    string
		}{
			{[]string{"blue", "red"}, ""},
			{[]string{"blue", "green"}, `class 1 was "red" and is "green"`},
			{[]string{"red", "white"}, `class 0 was "blue" and is "red"`},
		} {
			to, said := learner(c.classes...)
			if err := to.Load(path, fastlearn.WithoutOpt()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(*said, "\n"); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("%s into %v: the logger was told %q, want %q", name, c.classes, got, c.want)
			}
		}
		program := `import sys, torch
state = torch.load(sys.argv[1], weights_only=True)
state = state.get("model", state)
print(list(state._metadata[""]["vocab"]))
torch.nn.Module().load_state_dict(state, strict=False)`
		out, err := exec.Command(parity.Interpreter(t), "-c", program, path).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "['blue', 'red']") {
			t.Errorf("Python reads %s: %v", out, err)
		}
	}
}
