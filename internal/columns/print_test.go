package columns

import (
	"slices"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// In a narrow terminal the last column is broken at blanks, and its lines fit; elsewhere each row is a line.
func TestPrint(t *testing.T) {
	heads := []string{"picture", "label", "or else"}
	rows := [][]string{{"a/long/name/of/a/picture.jpg", "tulip", "dandelion" + Joint + "31.2" + Joint + "%, daisy" + Joint + "20.0" + Joint + "%"}, {"花.jpg", "rose", "a word: " + strings.Repeat("x", 40)}, {"b.jpg", "", ""}}
	var out strings.Builder
	if err := Print(&out, heads, rows); err != nil || strings.Count(out.String(), "\n") != 4 || !strings.Contains(out.String(), "dandelion 31.2 %, daisy 20.0 %") {
		t.Errorf("%v\n%s", err, &out)
	}
	if !strings.Contains(rows[0][2], Joint) {
		t.Error("it changed what it was given")
	}
	for _, of := range []struct {
		width int
		want  string
	}{{60, "dandelion 31.2 %,\ndaisy 20.0 %"}, {80, "dandelion 31.2 %, daisy 20.0 %"}, {20, "dandelion 31.2 %,\ndaisy 20.0 %"}} {
		width, want := of.width, of.want
		got := fit(heads, rows, width)
		if got[0][2] != want || got[1][2] != "a word:\n"+strings.Repeat("x", 40) && width < 80 {
			t.Errorf("%d wide: %q", width, got)
		}
		for line := range strings.Lines(got[0][2]) {
			if n := twwidth.Width(strings.TrimSpace(line)); n > max(width-len(rows[0][0])-len("tulip")-6, least) {
				t.Errorf("%d wide: %q takes %d", width, line, n)
			}
		}
	}
	if got := fit(nil, nil, 80); len(got) != 0 {
		t.Errorf("of nothing: %q", got)
	}
	if got := fit(nil, rows, 0); !slices.EqualFunc(got, rows, func(a, b []string) bool { return a[2] == strings.ReplaceAll(b[2], Joint, " ") }) {
		t.Errorf("%q", got)
	}
}
