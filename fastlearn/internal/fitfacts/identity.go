// Package fitfacts tells what a fit is, by stable names and hashes, so that a checkpoint is resumed by the same fit alone.
package fitfacts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Fact is one thing that must be the same, as one value or as a list.
type Fact struct {
	name   string
	values []string
}

// One makes a fact of one value.
func One(name string, value any) Fact { return Fact{name, []string{fmt.Sprint(value)}} }

// List makes a fact of several values.
func List(name string, values []string) Fact { return Fact{name, values} }

// Identity is what a fit is: the facts of its arguments, its learner and its loaders, and its items.
type Identity struct {
	facts []Fact
	items Items
}

// New looks at a fit's data; what are the facts of the rest.
func New(what []Fact, train, valid data.Loader) (Identity, error) {
	dataset, err := loaders(train, valid)
	id := Identity{facts: slices.Concat(what, dataset)}
	if dl, ok := train.(*data.ItemLoader); ok {
		id.items = itemsOf(dl, valid)
		id.facts = append(id.facts, List("classes", dl.Vocab()))
	}
	return id, err
}

// ToPTH makes dicts for a checkpoint, of the facts and of the items.
func (id Identity) ToPTH() (facts, items *pth.Dict) {
	facts = pth.NewDict()
	for _, f := range id.facts {
		list := pth.NewList()
		for _, v := range f.values {
			list.Items = append(list.Items, v)
		}
		facts.Set(f.name, list)
	}
	return facts, id.items.toPTH()
}

// Differs tells in what the fit differs from the one of a checkpoint, whose facts and items these are. What d lacks, since a version
// wrote it that didn't know of it, is not compared.
func (id Identity) Differs(d *pth.Dict, was Items) (all []string, err error) {
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
