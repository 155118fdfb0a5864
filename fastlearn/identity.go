package fastlearn

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/identity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Identified is a callback, loss, loader, module or optimizer's rule that knows its own stable name, with the settings that
// change the training: "MixUp(0.4)". A checkpoint compares it when it is resumed, so it must not change when types are
// renamed. Without it a callback is not compared, or if it is [Stateful] known by its place among such callbacks, and
// anything else is "custom" with its exported fields that hold numbers, texts and bools.
type Identified = identity.Identified

// fitIdentity is what a fit is, by stable names and hashes: a checkpoint is resumed by the same alone.
type fitIdentity struct {
	facts []fact
	items itemIdentity
}

// fact is one thing that must be the same, as one value or as a list.
type fact struct {
	name   string
	values []string
}

func oneFact(name string, value any) fact { return fact{name, []string{fmt.Sprint(value)}} }

// identity is the fit's, whose data are only looked at where there is a checkpoint.
func (j *checkpoints) identity() (fitIdentity, error) {
	dataset, err := dataFacts(j.train, j.valid)
	id := fitIdentity{facts: slices.Concat(j.what, dataset)}
	if dl, ok := j.train.(*data.ItemLoader); ok {
		id.items = itemIdentityOf(dl, j.valid)
		id.facts = append(id.facts, fact{"classes", dl.Vocab()})
	}
	return id, err
}

// facts are those of a fit that cost nothing to find out: all but its data.
func (l *Learner) facts(plan []fact) ([]fact, error) {
	loss, err := named(l.Loss)
	var model, metrics, groups []string
	err = errors.Join(err, torch.Try(func() { model = modelIdentity(l) }))
	for _, m := range l.metrics {
		metrics = append(metrics, guard.Value("Name", m, m.Name))
	}
	for _, g := range l.Opt.Groups {
		groups = append(groups, fmt.Sprint(len(g.Params)))
	}
	return append(slices.Clone(plan),
		fact{"model", model},
		oneFact("loss", loss),
		oneFact("optimizer", optim.Identity(l.config.rule)),
		oneFact("parameter groups", strings.Join(groups, " ")),
		oneFact("weight decay of norms and biases", l.config.wdBNBias),
		oneFact("frozen norms trained", l.config.trainBN),
		fact{"metrics", metrics},
		fact{"callbacks", l.callbackNames()}), err
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

// named is the identity of a loss, a loader or a module.
func named(v any) (name string, err error) {
	namer := identity.Namer{Names: map[reflect.Type]string{
		reflect.TypeFor[loss.CrossEntropy](): "CrossEntropy", reflect.TypeFor[loss.BCEWithLogits](): "BCEWithLogits", reflect.TypeFor[loss.MSE](): "MSE",
		reflect.TypeFor[loss.Focal](): "Focal", reflect.TypeFor[loss.LabelSmoothing](): "LabelSmoothing", reflect.TypeFor[loss.L1](): "L1",
		reflect.TypeFor[data.TensorLoader](): "TensorLoader",
	}}
	namer.Field = func(v any) (string, bool) {
		t, ok := v.(*torch.Tensor)
		if !ok {
			return "", false
		}
		hash, failed := tensorHash(t)
		err = errors.Join(err, failed)
		return hash, true
	}
	failed := torch.Try(func() { name = namer.Of(v) })
	return name, errors.Join(err, failed)
}

// tensorHash is the shape and a hash of the numbers of a tensor.
func tensorHash(t *torch.Tensor) (hash string, err error) {
	err = torch.Try(func() {
		c := t.Contiguous()
		saved, failed := torch.ToPTH(c)
		if err = failed; err == nil {
			hash = fmt.Sprint(t.Shape(), identity.HashBytes(saved.Storage.Data))
		}
		if c != t {
			c.Close()
		}
	})
	return hash, err
}

// modelIdentity is a line for each of the model's parts.
func modelIdentity(l *Learner) []string {
	out := []string{}
	if l.arch != "" {
		out = append(out, l.arch)
	}
	var describe func(path string, m nn.Module)
	describe = func(path string, m nn.Module) {
		children := nn.Children(m)
		if len(children) == 0 {
			out = append(out, path+moduleIdentity(m))
			return
		}
		for _, c := range children {
			describe(path+c.Name+" ", c.Module)
		}
	}
	describe("", l.Model)
	return out
}

// moduleIdentity is a layer's name with its settings; those that its tensors' shapes tell are compared there.
func moduleIdentity(m nn.Module) string {
	spec, err := nn.Describe(m, nil)
	if err != nil {
		name, _ := named(m)
		return name
	}
	args := make([]string, 0, len(spec.Args))
	for _, key := range slices.Sorted(maps.Keys(spec.Args)) {
		args = append(args, fmt.Sprintf("%s %v", key, spec.Args[key]))
	}
	return spec.Type + "(" + strings.Join(args, ", ") + ")"
}

// toPTH is the identity for a checkpoint.
func (id fitIdentity) toPTH() *pth.Dict {
	d := pth.NewDict()
	for _, f := range id.facts {
		list := pth.NewList()
		for _, v := range f.values {
			list.Items = append(list.Items, v)
		}
		d.Set(f.name, list)
	}
	return d
}

// differs tells in what the fit differs from the one of a checkpoint, whose identity d is. What d lacks, since a version
// wrote it that didn't know of it, is not compared.
func (id fitIdentity) differs(d *pth.Dict, was itemIdentity) (all []string, err error) {
	same := map[string]bool{}
	for _, f := range id.facts {
		v, ok := d.Get(f.name)
		if same[f.name] = true; !ok {
			continue
		}
		list, ok := v.(*pth.List)
		if !ok {
			return nil, fmt.Errorf("its %s are a %T", f.name, v)
		}
		var old []string
		for _, item := range list.Items {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("its %s hold a %T", f.name, item)
			}
			old = append(old, text)
		}
		if same[f.name] = slices.Equal(old, f.values); !same[f.name] {
			all = append(all, f.name+": "+change(old, f.values))
		}
	}
	return append(all, id.items.differs(was, same["classes"])...), nil
}

// change tells what became of a list.
func change(old, now []string) string {
	gone, came := without(old, now), without(now, old)
	if len(gone)+len(came) == 0 {
		i := 0
		for old[i] == now[i] {
			i++
		}
		return fmt.Sprintf("the same in another order, from %s → %s on", old[i], now[i])
	}
	return few(gone) + " → " + few(came)
}

// without are the texts of a that b lacks.
func without(a, b []string) (rest []string) {
	count := map[string]int{}
	for _, v := range b {
		count[v]++
	}
	for _, v := range a {
		if count[v]--; count[v] < 0 {
			rest = append(rest, v)
		}
	}
	return rest
}

// few lists the first ones.
func few(texts []string) string {
	const most = 3
	switch n := len(texts); {
	case n == 0:
		return "none"
	case n > most:
		return fmt.Sprintf("%s … (%d)", strings.Join(texts[:most], ", "), n)
	}
	return strings.Join(texts, ", ")
}
