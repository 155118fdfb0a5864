package nn

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/fastlearn-go/fastlearn/torch"
)

// A pass must reach the modules below its root that have backward hooks. backwardHooks counts those hooks, of all modules, and is 0
// nearly always. hookSets counts their comings and goings.
var (
	backwardHooks, hookSets atomic.Int64
	watching                sync.Mutex
)

// watched are the backward hooks below a module.
type watched struct {
	set   int64 // hookSets when it was made, 0 for never
	below []*hook
}

// expect returns a function that panics unless the pass of m that runs until then reached each module below m that has a backward hook.
// It is nil where there is nothing to expect.
func expect(m Module) (reached func()) {
	if backwardHooks.Load() == 0 || !torch.GradEnabled() {
		return nil
	}
	below := m.base().hooksBelow(m)
	if len(below) == 0 {
		return nil
	}
	before := make([]int64, len(below))
	for i, h := range below {
		before[i] = h.passes.Load()
	}
	return func() {
		for i, h := range below {
			if h.passes.Load() == before[i] {
				unreached(m, h)
			}
		}
	}
}

// hooksBelow finds the backward hooks below m, anew after one has come or gone.
func (b *Base) hooksBelow(m Module) []*hook {
	watching.Lock()
	defer watching.Unlock()
	if set := hookSets.Load(); b.watched.set != set {
		b.watched = watched{set: set}
		nodes, _ := tree(m)
		for _, n := range nodes[1:] {
			b.watched.below = append(b.watched.below, n.base.backwardHooks()...)
		}
	}
	return b.watched.below
}

// unreached panics, unless h isn't below m any more.
func unreached(m Module, h *hook) {
	nodes, _ := tree(m)
	for _, n := range nodes {
		for _, other := range n.base.hooks {
			if other == h {
				panic(&torch.Error{Op: "forward", Msg: fmt.Sprintf("%s has a backward hook that this pass of the %s never reached: "+
					"run the module by nn.Call, not by its Forward, or remove the hook where the module doesn't run", n.where(), strings.TrimPrefix(fmt.Sprintf("%T", m), "*"))})
			}
		}
	}
}
