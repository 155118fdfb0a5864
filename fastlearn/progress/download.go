package progress

import (
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// Download makes a function that shows how much of a file is there, how fast it comes and
// how long it will take, in a terminal:
//
//	dir, err := datasets.Flowers102(ctx, hub.Progress(progress.Download(os.Stderr, "flowers")))
func Download(out *os.File, label string) func(written, total int64) {
	if !term.IsTerminal(int(out.Fd())) {
		return func(int64, int64) {}
	}
	container := mpb.New(mpb.WithOutput(out), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
	var line *mpb.Bar
	return func(written, total int64) {
		if line == nil {
			line = container.AddBar(max(total, 0), mpb.BarRemoveOnComplete(),
				mpb.PrependDecorators(decor.Name(label+" "), decor.CountersKibiByte("% .1f / % .1f")),
				mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), "% .1f "), decor.AverageETA(decor.ET_STYLE_MMSS)))
		}
		line.SetTotal(max(total, 0), total >= 0 && written >= total)
		line.SetCurrent(written)
		if total >= 0 && written >= total {
			container.Wait()
		}
	}
}
