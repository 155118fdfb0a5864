package progress

import (
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// Count makes a function that shows how many things of all are done, in a terminal:
//
//	bad, err := vision.VerifyImages(ctx, files, progress.Count(os.Stderr, "checking"))
func Count(out *os.File, label string) func(done, total int) {
	if !term.IsTerminal(int(out.Fd())) {
		return func(int, int) {}
	}
	container := mpb.New(mpb.WithOutput(out), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
	var line *mpb.Bar
	return func(done, total int) {
		if line == nil {
			line = container.AddBar(int64(total), mpb.BarRemoveOnComplete(),
				mpb.PrependDecorators(decor.Name(label+" "), decor.CountersNoUnit("%d/%d")),
				mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_MMSS)))
		}
		line.SetCurrent(int64(done))
		if done >= total {
			container.Wait()
		}
	}
}
