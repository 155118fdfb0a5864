package progress

import "os"

// Count makes a function that shows how many things of all are done, as a bar in a terminal
// and as a line every half minute elsewhere:
//
//	bad, err := vision.VerifyImages(ctx, files, progress.Count(os.Stderr, "checking"))
func Count(out *os.File, label string) func(done, total int) {
	show := work(out, label, false)
	return func(done, total int) { show(int64(done), int64(total)) }
}

// Download makes a function that shows how much of a file is there, how fast it comes and how
// long it will take, as a bar in a terminal and as a line every half minute elsewhere. A
// total below 0 is not known:
//
//	dir, err := datasets.Flowers102(ctx, hub.Progress(progress.Download(os.Stderr, "flowers")))
func Download(out *os.File, label string) func(written, total int64) { return work(out, label, true) }

// work shows one piece of work after the other, each until all of it is done.
func work(out *os.File, label string, bytes bool) func(done, total int64) {
	var m *meter
	return func(done, total int64) {
		s := status{label: label, done: done, total: total, bytes: bytes}
		if m == nil {
			m = newMeter(out, often, false, s)
		}
		m.set(s)
		if total >= 0 && done >= total {
			m.end()
			m = nil
		}
	}
}
