// Package notebook shows pictures, plots, tables and trainings in a cell of gonb, the Go
// kernel for Jupyter (github.com/janpfeifer/gonb). The learner knows nothing of it.
//
//	notebook.Show(fig, learn.Recorder, interp)
//
//	learn, err := fastlearn.VisionLearner(dls, arch, fastlearn.Callbacks(notebook.Progress(), notebook.ShowGraph()))
//
// examples/notebook has a whole one. What is shown is plain HTML and PNG without scripts, so
// that it is there too when the notebook is opened elsewhere or converted. It goes by way
// of gonb's package gonbui, which a cell may use beside it.
//
// # Elsewhere
//
// In a program that no cell of gonb runs, [Show] returns [ErrNoNotebook] and the callbacks do
// nothing: the table is then printed as ever.
package notebook

import (
	"errors"
	"fmt"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// ErrNoNotebook is what [Show] returns in a program that no cell runs.
var ErrNoNotebook = errors.New("notebook: this program does not run in a cell of gonb: save figures to files, or use package terminal or report")

// In tells whether the program runs in a cell of gonb.
func In() bool { return gonbui.IsNotebook }

// Show shows things one below the other: an [image.Image], a [*vision.Image], a figure of
// package plot or anything else with a method Image, a [*plot.Tile], a
// [*summary.Summary] or anything else with a method Table, a
// [*fastlearn.Recorder] as its table and losses, a [*fastlearn.Interpretation] as its
// confusion matrix and what is most confused, a [*fastlearn.LRFound] as its curve, a
// [predictor.Prediction], rows of a table as [][]string, heads
// first, [HTML], and all else as text. An error says which one can't be shown, or that there is
// no notebook; what came before it is shown.
func Show(things ...any) error {
	if !In() {
		return ErrNoNotebook
	}
	for i, x := range things {
		pieces, err := render(x)
		if err != nil {
			return fmt.Errorf("notebook: thing %d, a %T: %w", i+1, x, err)
		}
		for _, p := range pieces {
			if err := send(p, ""); err != nil {
				return err
			}
		}
	}
	return flush()
}

// HTML is shown as it is. Text of others is to be escaped before, by html.EscapeString.
type HTML string

// piece is one output in the forms that the front end chooses from.
type piece map[protocol.MIMEType]any

// send shows a piece; with an id it replaces what was shown under it.
func send(p piece, id string) error {
	gonbui.SendData(&protocol.DisplayData{Data: p, DisplayID: id})
	return failure()
}

// flush waits until the kernel has everything: a program may end right after.
func flush() error {
	done := make(chan struct{})
	go func() { // gonbui waits for good, should the kernel be gone
		gonbui.Sync()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		return errors.New("notebook: the kernel doesn't answer: restart it")
	}
	return failure()
}

func failure() error {
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("notebook: %w", err)
	}
	return nil
}
