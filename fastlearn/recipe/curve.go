package recipe

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// curveFile is what the rate finder saw, for the report: a row for each rate it tried, and one for each it suggests.
func curveFile(dir string) string { return filepath.Join(dir, "lr_find.csv") }

var curveHeads = []string{"what", "lr", "loss"}

// suggestions are the rates that a finder suggests, by their names.
func suggestions(f *fastlearn.LRFound) map[string]*float64 {
	return map[string]*float64{"valley": &f.Valley, "slide": &f.Slide, "minimum": &f.Minimum, "steep": &f.Steep}
}

func writeCurve(dir string, f *fastlearn.LRFound) error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	rows := [][]string{curveHeads}
	for i, lr := range f.LRs {
		rows = append(rows, []string{"tried", number(lr), number(f.Losses[i])})
	}
	all := suggestions(f)
	for _, name := range []string{"valley", "slide", "minimum", "steep"} {
		rows = append(rows, []string{name, number(*all[name]), ""})
	}
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
		return err
	}
	return diskfile.ReplaceBytes(curveFile(dir), text.Bytes())
}

// readCurve is nil where no rate was looked for.
func readCurve(dir string) (*fastlearn.LRFound, error) {
	text, err := diskfile.ReadFile(curveFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err == nil && (len(rows) == 0 || !slices.Equal(rows[0], curveHeads)) {
		err = fmt.Errorf("want the heads %q", curveHeads)
	}
	f := &fastlearn.LRFound{}
	for n := 1; n < len(rows) && err == nil; n++ {
		var lr, loss float64
		if lr, err = strconv.ParseFloat(rows[n][1], 64); err != nil {
			break
		}
		if suggested, ok := suggestions(f)[rows[n][0]]; ok {
			*suggested = lr
			continue
		}
		loss, err = strconv.ParseFloat(rows[n][2], 64)
		f.LRs, f.Losses = append(f.LRs, lr), append(f.Losses, loss)
	}
	if err != nil {
		return nil, fmt.Errorf("recipe: %s: %w", curveFile(dir), err)
	}
	return f, nil
}
