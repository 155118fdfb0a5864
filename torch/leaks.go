package torch

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// makers has the line that made each live tensor, while any Leaks runs.
var (
	tracking atomic.Int32
	makers   sync.Map // of lib.Ctensor: string
)

// Made is a kind of tensors that are still alive: how many, what they are, and the line that made them.
type Made struct {
	Count  int
	Tensor string // "float32[2×3]"
	Where  string // "loop.go:31"
}

func (m Made) String() string { return fmt.Sprintf("%d × %s made at %s", m.Count, m.Tensor, m.Where) }

// Leaks runs f and returns the tensors that were made meanwhile, by whomever, and are still alive, those of most first. It
// slows operations down: it is for finding what a loop doesn't free, where [LiveTensors] grows.
func Leaks(f func()) []Made {
	if err := guard.Given("torch.Leaks", f); err != nil {
		fail("leaks", err.Error())
	}
	before := map[any]bool{}
	makers.Range(func(h, _ any) bool { before[h] = true; return true })
	tracking.Add(1)
	defer func() {
		if tracking.Add(-1) == 0 {
			makers.Clear()
		}
	}()
	f()
	counts := map[Made]int{}
	makers.Range(func(h, where any) bool {
		if !before[h] {
			t := &Tensor{c: h.(lib.Ctensor)}
			counts[Made{Tensor: t.describe(), Where: where.(string)}]++
		}
		return true
	})
	all := []Made{}
	for m, n := range counts {
		m.Count = n
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Made) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Tensor, b.Tensor))
	})
	return all
}

// born notes who made a tensor: the first caller outside of the package.
func born(h lib.Ctensor) {
	live.Add(1)
	if tracking.Load() == 0 {
		return
	}
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	where := "?"
	for {
		f, more := frames.Next()
		if !strings.Contains(f.Function, "fastlearn/torch.") && f.Function != "" {
			where = filepath.Base(f.File) + ":" + strconv.Itoa(f.Line)
			break
		}
		if !more {
			break
		}
	}
	makers.Store(h, where)
}

// died forgets a tensor whose handle is about to be freed or given away.
func died(h lib.Ctensor) {
	live.Add(-1)
	if tracking.Load() > 0 {
		makers.Delete(h)
	}
}
