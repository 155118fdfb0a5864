package fitfacts

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/saved"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/identity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Items is which items a fit trains and validates on: hashes of their names, relative to the directory that they
// have in common, and of their targets. Files are not read.
type Items struct {
	train, valid []int64 // hashes of names, in their order
	labels       []int64 // hashes of targets, of the training set and then of the validation set
	source       int64   // a hash of all names in the order in which the data block was given them
	names        []string
}

func itemsOf(train *data.ItemLoader, valid data.Loader) (id Items) {
	sets := []*data.ItemLoader{train}
	if v, ok := valid.(*data.ItemLoader); ok {
		sets = append(sets, v)
	}
	type placed struct {
		place int
		key   int64
	}
	var source []placed
	for _, ds := range sets {
		for _, path := range ds.Files() {
			id.names = append(id.names, filepath.ToSlash(filepath.Clean(path)))
		}
	}
	cutCommonDir(id.names)
	for k, keys := range []*[]int64{&id.train, &id.valid}[:len(sets)] {
		targets, places := sets[k].Targets(), sets[k].Places()
		for i := range sets[k].Files() {
			key := identity.Hash(id.names[len(id.labels)])
			*keys = append(*keys, key)
			label := int64(0)
			if targets != nil {
				label = identity.HashFloats(targets[i])
			}
			for _, source := range sets[k].FurtherSources(i) {
				label = label*1099511628211 ^ identity.Hash(filepath.Base(source))
			}
			id.labels = append(id.labels, label)
			if places != nil {
				source = append(source, placed{places[i], key})
			}
		}
	}
	slices.SortStableFunc(source, func(a, b placed) int { return a.place - b.place })
	for _, s := range source {
		id.source = id.source*1099511628211 ^ s.key
	}
	return id
}

// cutCommonDir cuts off the directory that all paths have in common.
func cutCommonDir(paths []string) {
	if len(paths) == 0 {
		return
	}
	dir := path.Dir(paths[0])
	for _, p := range paths {
		for dir != "." && dir != "/" && !strings.HasPrefix(p, dir+"/") {
			dir = path.Dir(dir)
		}
	}
	for i, p := range paths {
		paths[i] = strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
	}
}

func (id Items) all() []int64 { return slices.Concat(id.train, id.valid) }

// toPTH makes a dict for a checkpoint.
func (id Items) toPTH() *pth.Dict {
	d := pth.NewDict()
	d.Set("train_items", saved.Numbers(id.train))
	d.Set("valid_items", saved.Numbers(id.valid))
	d.Set("labels", saved.Numbers(id.labels))
	d.Set("source", id.source)
	return d
}

// LoadItems reads those of a checkpoint.
func LoadItems(f torch.Holder, d *pth.Dict) (id Items, err error) {
	for key, into := range map[string]*[]int64{"train_items": &id.train, "valid_items": &id.valid, "labels": &id.labels} {
		v, _ := d.Get(key)
		if *into, err = saved.Load[int64](f, v); err != nil {
			return id, fmt.Errorf("its %s: %w", key, err)
		}
	}
	var ok bool
	if id.source, ok = pth.Get[int64](d, "source"); !ok || len(id.labels) != len(id.train)+len(id.valid) {
		return id, errors.New("it lacks a part of what it knows of the data")
	}
	return id, nil
}

// differs tells in what the items differ from those of a checkpoint; labels only where the classes are the same.
func (id Items) differs(was Items, sameClasses bool) (all []string) {
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	names := map[int64]string{}
	for i, key := range id.all() {
		names[key] = id.names[i]
	}
	gone, came := lacking(was.all(), id.all()), lacking(id.all(), was.all())
	same := slices.Equal(was.train, id.train) && slices.Equal(was.valid, id.valid)
	if len(gone) > 0 || len(came) > 0 {
		some := ""
		if len(came) > 0 {
			some = ", such as " + names[came[0]]
		}
		add("items: of %d, %d are gone and %d are new%s", len(was.all()), len(gone), len(came), some)
	} else if !same && was.source != id.source {
		add("order: the data block was given the same %s in another order", scale.Plural(len(id.all()), "item"))
	}
	moved := len(lacking(id.train, slices.Concat(was.train, came))) + len(lacking(id.valid, slices.Concat(was.valid, came)))
	if moved > 0 {
		add("split: %s moved between training and validation", scale.Plural(moved, "item"))
	} else if !same && len(all) == 0 {
		add("split: the same items in another order")
	}
	if !sameClasses || slices.Equal(was.labels, id.labels) {
		return all
	}
	if now := lacking(id.pairs(), slices.Concat(was.pairs(), pairsOf(came, id))); len(now) > 0 {
		of := map[int64]string{}
		for i, pair := range id.pairs() {
			of[pair] = id.names[i]
		}
		add("labels: %s another one, such as %s", scale.Plural(len(now), "item has", "items have"), of[now[0]])
	} else if len(all) == 0 {
		add("labels: the same ones in another order")
	}
	return all
}

// pairs are the items with their labels, in one number each.
func (id Items) pairs() []int64 { return pairsOf(id.all(), id) }

// pairsOf are the pairs of some of the items.
func pairsOf(keys []int64, id Items) (pairs []int64) {
	left := map[int64][]int64{}
	for i, key := range id.all() {
		left[key] = append(left[key], id.labels[i])
	}
	for _, key := range keys {
		pairs = append(pairs, key*1099511628211^left[key][0])
		left[key] = left[key][1:]
	}
	return pairs
}

// lacking are the numbers of a that b lacks, as often as it lacks them.
func lacking(a, b []int64) (rest []int64) {
	n := map[int64]int{}
	for _, key := range b {
		n[key]++
	}
	for _, key := range a {
		if n[key]--; n[key] < 0 {
			rest = append(rest, key)
		}
	}
	return rest
}
