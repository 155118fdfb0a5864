package fastlearn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/fitfacts"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/identity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Identified is a callback, loss, loader, module or optimizer's rule that knows its own stable name, with the settings that
// change the training: "MixUp(0.4)". A checkpoint compares it when it is resumed, so it must not change when types are
// renamed. Without it a callback is not compared, or if it is [Stateful] known by its place among such callbacks, and
// anything else is "custom" with its exported fields that hold numbers, texts and bools.
type Identified = identity.Identified

// Stateful is a callback with something to remember in a training checkpoint, such as the best
// value so far. It should be [Identified]: the checkpoint then knows it by that name. State is asked for between batches or epochs. LoadState gives it back when the
// fit is resumed, after the callback's BeforeFit and, within an epoch, BeforeTrain.
type Stateful interface {
	// State holds numbers, texts, lists, dicts and tensors made by [torch.ToPTH]. It is
	// written before anything else happens.
	State(l *Learner) (*pth.Dict, error)
	// LoadState takes over a state; f holds its tensors, for [torch.FromPTH].
	LoadState(l *Learner, f torch.Holder, state *pth.Dict) error
}

// facts are those of a fit that cost nothing to find out: all but its data.
func (l *Learner) facts(plan []fitfacts.Fact) ([]fitfacts.Fact, error) {
	loss, err := fitfacts.Name(l.Loss)
	model, failed := fitfacts.Model(l.arch, l.Model)
	var metrics, groups []string
	for _, m := range l.metrics {
		metrics = append(metrics, guard.Value("Name", m, m.Name))
	}
	for _, g := range l.Opt.Groups {
		groups = append(groups, fmt.Sprint(len(g.Params)))
	}
	return append(slices.Clone(plan),
		fitfacts.List("model", model),
		fitfacts.One("loss", loss),
		fitfacts.One("optimizer", optim.Identity(l.config.rule)),
		fitfacts.One("parameter groups", strings.Join(groups, " ")),
		fitfacts.One("weight decay of norms and biases", l.config.wdBNBias),
		fitfacts.One("frozen norms trained", l.config.trainBN),
		fitfacts.List("metrics", metrics),
		fitfacts.List("callbacks", l.callbackNames())), errors.Join(err, failed)
}

// callbackNames are those of the callbacks that must be there again.
func (l *Learner) callbackNames() (names []string) {
	for _, cb := range l.callbacks {
		if _, writes := cb.(RankZero); writes {
			continue
		}
		_, stateful := cb.(Stateful)
		if _, ok := cb.(Identified); ok || stateful {
			names = append(names, callbackName(cb))
		}
	}
	return names
}

func callbackName(cb Callback) string {
	if i, ok := cb.(Identified); ok {
		return i.Identity()
	}
	return identity.Custom
}

// statefuls are the callbacks that remember something, by their identities and how many of one there were before.
func (l *Learner) statefuls() (names []string, cbs []Stateful) {
	seen := map[string]int{}
	for _, cb := range l.callbacks {
		if s, ok := cb.(Stateful); ok {
			name := callbackName(cb)
			names, cbs = append(names, fmt.Sprintf("%s %d", name, seen[name])), append(cbs, s)
			seen[name]++
		}
	}
	return names, cbs
}
