package columns

import (
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"golang.org/x/term"
)

// Print writes rows under heads, or without them. In a terminal that is too narrow the last column's texts are broken at blanks, but not at
// [Joint], which is written as a blank.
func Print(w io.Writer, heads []string, rows [][]string) error {
	t := New(w, nil)
	if heads != nil {
		t.Header(heads)
	}
	width := 0
	if f, ok := w.(*os.File); ok {
		width, _, _ = term.GetSize(int(f.Fd())) // 0 of what isn't a terminal
	}
	for _, row := range fit(heads, rows, width) {
		if err := t.Append(row); err != nil {
			return err
		}
	}
	return t.Render()
}

// Joint is a blank at which a line isn't broken.
const Joint = "\u00a0"

const least = 20 // columns of the last one

// fit breaks the last texts of rows so that all of a row is in so many columns of a terminal; 0 breaks nothing.
func fit(heads []string, rows [][]string, width int) [][]string {
	if len(rows) == 0 {
		return nil
	}
	if width <= 0 {
		width = math.MaxInt
	}
	n := len(rows[0])
	room := width - 2*n // each has a blank on both sides
	for k := range n - 1 {
		most := 0
		for _, row := range append([][]string{heads}, rows...) {
			if row != nil {
				most = max(most, twwidth.Width(row[k]))
			}
		}
		room -= most
	}
	fitted := make([][]string, len(rows))
	for i, row := range rows {
		fitted[i] = slices.Clone(row)
		fitted[i][n-1] = broken(row[n-1], max(room, least))
	}
	return fitted
}

// broken breaks a text at blanks into lines of at most so many columns; a word that is longer stays whole.
func broken(text string, width int) string {
	var lines []string
	line := ""
	for _, word := range strings.Split(text, " ") {
		if joined := line + " " + word; line != "" && twwidth.Width(joined) > width {
			lines, line = append(lines, line), word
		} else if line == "" {
			line = word
		} else {
			line = joined
		}
	}
	return strings.ReplaceAll(strings.Join(append(lines, line), "\n"), Joint, " ")
}
