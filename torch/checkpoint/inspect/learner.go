package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/fastcore"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// A Learner is what can be told of a whole Learner of fastai's, from learn.export(), or of a pickled module, without executing anything.
type Learner struct {
	Modules      []Setting  `json:"modules"`      // the model and its parts, the outer ones first: the name, and the class with its numbers
	Vocabularies [][]string `json:"vocabularies"` // of each target, as Python's str writes their items
	Transforms   []Setting  `json:"transforms"`   // in their order: when they run, and the class with its numbers
	Sizes        []Setting  `json:"sizes"`        // of pictures, by the transform that makes them so
	Mean         []float64  `json:"mean"`         // of the normalisation; null if there is none
	Std          []float64  `json:"std"`
}

func (l *Learner) print(b *strings.Builder) {
	if l == nil {
		return
	}
	b.WriteString("\nmodel\n")
	for _, m := range l.Modules {
		indent := strings.Repeat("  ", min(strings.Count(m.Name, ".")+1, 20))
		if m.Name == "" {
			indent = ""
		}
		fmt.Fprintf(b, "  %s%s %s\n", indent, printable(m.Name[strings.LastIndex(m.Name, ".")+1:]), printable(m.Value))
	}
	for _, vocab := range l.Vocabularies {
		fmt.Fprintf(b, "\nvocabulary of %d: %s\n", len(vocab), printable(strings.Join(vocab[:min(len(vocab), 100)], ", ")))
	}
	for i, t := range l.Transforms {
		if i == 0 {
			b.WriteString("\ntransforms\n")
		}
		fmt.Fprintf(b, "  %-12s %s\n", t.Name, printable(t.Value))
	}
	for _, s := range l.Sizes {
		fmt.Fprintf(b, "size of %s: %s\n", printable(s.Name), printable(s.Value))
	}
	if l.Mean != nil {
		fmt.Fprintf(b, "normalised by mean %.6v, std %.6v\n", l.Mean, l.Std)
	}
}

// exported finds the model of a Learner, or a module that is a whole file.
func exported(v any) (model *pth.Object, at string) {
	o, _ := v.(*pth.Object)
	if pth.ModuleStateDict(o) != nil {
		return o, "."
	}
	inner, _ := o.Attr("model")
	if model, _ = inner.(*pth.Object); pth.ModuleStateDict(model) != nil && o.Name == "Learner" {
		return model, "model"
	}
	return nil, ""
}

func learner(v any) *Learner {
	model, _ := exported(v)
	if model == nil {
		return nil
	}
	l := &Learner{Modules: []Setting{}, Vocabularies: [][]string{}, Transforms: []Setting{}, Sizes: []Setting{}}
	l.module(model, "", 0)
	o := v.(*pth.Object)
	dls, _ := o.Attr("dls")
	loaders := fastcore.Object(dls)
	if all, ok := loaders.Attr("loaders"); ok {
		loaders = fastcore.Object(first(all))
	}
	for _, when := range []string{"after_item", "before_batch", "after_batch"} {
		pipeline, _ := loaders.Attr(when)
		l.pipeline(when, pipeline)
	}
	dataset, _ := loaders.Attr("dataset")
	lists, _ := fastcore.Object(dataset).Attr("tls")
	for i, list := range fastcore.Items(lists) {
		pipeline, _ := fastcore.Object(list).Attr("tfms")
		l.pipeline(fmt.Sprintf("item %d", i), pipeline)
	}
	return l
}

// maxParts bounds how much of a strange file is told.
const maxParts = 10_000

func (l *Learner) module(o *pth.Object, name string, depth int) {
	if depth > 100 || len(l.Modules) == maxParts {
		return
	}
	l.Modules = append(l.Modules, Setting{name, class(o)})
	children, _ := pth.Get[*pth.Dict](o.Attrs(), "_modules")
	for k, child := range children.All() {
		if c := fastcore.Object(child); pth.ModuleStateDict(c) != nil {
			l.module(c, strings.TrimPrefix(name+"."+fmt.Sprint(k), "."), depth+1)
		}
	}
}

// pipeline lists the transforms of a fastcore Pipeline.
func (l *Learner) pipeline(when string, v any) {
	fs, _ := fastcore.Object(v).Attr("fs")
	for _, f := range fastcore.Items(fs) {
		o := fastcore.Object(f)
		if o == nil || len(l.Transforms) == maxParts {
			continue
		}
		l.Transforms = append(l.Transforms, Setting{when, class(o)})
		if size, ok := o.Attr("size"); ok && size != nil {
			l.Sizes = append(l.Sizes, Setting{when + " " + o.Name, text(plain(size))})
		}
		if o.Name == "Normalize" {
			mean, _ := o.Attr("mean")
			std, _ := o.Attr("std")
			l.Mean, l.Std = elements(mean), elements(std)
		}
		if vocab, ok := o.Attr("vocab"); ok {
			l.vocabulary(vocab)
		}
	}
}

func (l *Learner) vocabulary(v any) {
	names := []string{}
	for _, item := range fastcore.Items(v) {
		if s, ok := item.(string); ok {
			names = append(names, s)
		} else {
			names = append(names, text(plain(item)))
		}
	}
	if len(names) > 0 && !slices.ContainsFunc(l.Vocabularies, func(other []string) bool { return slices.Equal(other, names) }) {
		l.Vocabularies = append(l.Vocabularies, names)
	}
}

func first(v any) any {
	if all := fastcore.Items(v); len(all) > 0 {
		return all[0]
	}
	return nil
}

// class is a class with those of an object's attributes that are numbers, texts or a few of them.
func class(o *pth.Object) string {
	var settings []string
	for k, v := range o.Attrs().All() {
		name, _ := k.(string)
		if name == "" || strings.HasPrefix(name, "_") || name == "training" || name == "order" {
			continue
		}
		v = plain(v)
		switch v.(type) {
		case bool, int64, float64, string, pth.Scalar, pth.Tuple:
			settings = append(settings, name+"="+text(v))
		}
		if len(settings) == maxSettings {
			break
		}
	}
	return o.Name + "(" + strings.Join(settings, ", ") + ")"
}

// maxSettings is more than the settings that a module or a transform has.
const maxSettings = 30

// plain is the tuple in a fastuple, or the number in an enum, else v.
func plain(v any) any {
	if o := fastcore.Object(v); o != nil && o.Call && len(o.Args) == 1 && o.State == nil {
		switch arg := o.Args[0].(type) {
		case pth.Tuple, int64, string:
			return arg
		case *pth.List:
			return pth.Tuple(arg.Items)
		}
	}
	if t, ok := v.(pth.Tuple); ok && slices.ContainsFunc(t, func(item any) bool { return fastcore.Object(item) != nil }) {
		out := slices.Clone(t)
		for i, item := range t {
			if o := fastcore.Object(item); o != nil && o.Call && len(o.Args) == 1 { // a member of an enum
				out[i] = o.Args[0]
			}
		}
		return out
	}
	return v
}

// elements are the numbers of a tensor of a few.
func elements(v any) []float64 {
	t, _ := v.(*pth.Tensor)
	if t == nil || t.Len() > 100 {
		return nil
	}
	data, err := t.Bytes(0)
	if err != nil {
		return nil
	}
	out, d := []float64{}, numbers(t.DType)
	for ; len(data) > 0; data = data[d.size:] {
		out = append(out, d.decode(data))
	}
	return out
}
