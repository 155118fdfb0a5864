package clean

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/columns"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Findings are what may be wrong with a data set.
type Findings struct {
	Files      int               // how many there are
	Unreadable []vision.BadImage // files that can't be decoded as images
	Duplicates []Pair            // files that show the same
	Leaks      []Pair            // those of them of which one is trained on and the other validated on
	Suspects   []Suspect         // all readable items, the least believed first; Item is a place in Items
	Items      []string          // their files
	Vocab      []string
}

// A CheckOption changes how [Check] looks.
type CheckOption func(*checking)

type checking struct {
	seed     int64
	noLabels bool
	progress func(what string) func(done, total int)
}

// Seed draws the folds of [Suspects] (default 0).
func Seed(seed int64) CheckOption { return func(c *checking) { c.seed = seed } }

// FilesOnly leaves the labels alone, for which the learner's model must run.
func FilesOnly() CheckOption { return func(c *checking) { c.noLabels = true } }

// Progress is called for each step, such as "decoding", and tells what it returns how far the step is.
func Progress(f func(what string) func(done, total int)) CheckOption {
	return func(c *checking) { c.progress = f }
}

// Check looks for what may be wrong with a learner's data: files that can't be read, duplicates and near-duplicates, which make
// validation better than it is where they lie across its border, and labels that the other images speak against. Labels are
// looked at where they are classes, with the features of the learner's body as it is: a pretrained one will do.
func Check(ctx context.Context, learn *fastlearn.Learner, opts ...CheckOption) (*Findings, error) {
	c := checking{progress: func(string) func(int, int) { return nil }}
	err := guard.Options("clean: Check", opts, func(o CheckOption) { o(&c) })
	if err := errors.Join(guard.Context("clean: Check", ctx), guard.Given("clean: Check", learn), err); err != nil {
		return nil, err
	}
	if err := learn.DLs.Check(); err != nil {
		return nil, err
	}
	train, ok := learn.DLs.Train.(*data.ItemLoader)
	valid, ok2 := learn.DLs.Valid.(*data.ItemLoader)
	if !ok || !ok2 {
		return nil, errors.New("clean: Check: the loaders are custom ones, whose files it can't know")
	}
	files := slices.Concat(train.Files(), valid.Files())
	targets := slices.Concat(train.Targets(), valid.Targets())
	f := &Findings{Files: len(files), Vocab: train.Vocab()}
	if f.Unreadable, err = vision.VerifyImages(ctx, files, c.progress("decoding")); err != nil {
		return nil, err
	}
	bad, validated := map[string]bool{}, map[string]bool{}
	for _, b := range f.Unreadable {
		bad[b.Path] = true
	}
	for _, file := range valid.Files() {
		validated[file] = true
	}
	var labels []int
	for i, file := range files {
		if !bad[file] {
			f.Items = append(f.Items, file)
			if i < len(targets) && len(targets[i]) == 1 {
				labels = append(labels, int(targets[i][0]))
			}
		}
	}
	if f.Duplicates, err = Duplicates(ctx, f.Items); err != nil {
		return nil, err
	}
	for _, p := range f.Duplicates {
		if validated[p.A] != validated[p.B] {
			f.Leaks = append(f.Leaks, p)
		}
	}
	if c.noLabels || f.Vocab == nil || len(labels) != len(f.Items) || len(labels) < folds {
		return f, nil
	}
	features, err := Features(ctx, learn, f.Items, c.progress("looking at labels"))
	if err == nil {
		f.Suspects, err = Suspects(ctx, features, labels, c.seed)
	}
	return f, err
}

// Choices is a list for [WriteChoices] of what was found: files that can't be read and the second of each pair to delete, and of the most
// suspicious labels those of another class to give that class. Look through it before anything is done.
func (f *Findings) Choices(most int) (choices []Choice) {
	if f == nil {
		return nil
	}
	done := map[string]bool{}
	add := func(c Choice) {
		if !done[c.Path] {
			done[c.Path] = true
			choices = append(choices, c)
		}
	}
	for _, b := range f.Unreadable {
		add(Choice{b.Path, "", Delete})
	}
	for _, p := range f.Duplicates {
		add(Choice{p.B, "", Delete})
	}
	for _, s := range f.wrong(most) {
		add(Choice{f.Items[s.Item], f.Vocab[s.Label], Relabel(f.Vocab[s.Suggested])})
	}
	return choices
}

// wrong are the most suspicious labels of which another class is likelier.
func (f *Findings) wrong(most int) (out []Suspect) {
	for _, s := range f.Suspects {
		if s.Label != s.Suggested && len(out) < most {
			out = append(out, s)
		}
	}
	return out
}

// Print writes what was found for people, of labels at most so many.
func (f *Findings) Print(w io.Writer, most int) error {
	if err := guard.Given("clean: Print", f, w); err != nil {
		return err
	}
	var bad, pairs, labels [][]string
	for _, b := range f.Unreadable {
		bad = append(bad, []string{b.Path, b.Err.Error()})
	}
	for _, p := range f.Duplicates {
		kind := fmt.Sprintf("alike by %.3f", p.Likeness)
		if p.Likeness == 1 {
			kind = "the same bytes"
		}
		if slices.Contains(f.Leaks, p) {
			kind += ", in training and validation"
		}
		pairs = append(pairs, []string{p.A, p.B, kind})
	}
	for _, s := range f.wrong(most) {
		labels = append(labels, []string{f.Items[s.Item], f.Vocab[s.Label], fmt.Sprintf("%.1f %%", 100*s.Prob), f.Vocab[s.Suggested], fmt.Sprintf("%.1f %%", 100*s.SuggestedProb)})
	}
	suspicious := "the labels weren't looked at"
	if f.Suspects != nil {
		suspicious = scale.Plural(len(labels), "suspicious label")
	}
	for _, part := range []struct {
		title string
		heads []string
		rows  [][]string
	}{
		{fmt.Sprintf("%d of %d files can't be read as images", len(bad), f.Files), []string{"file", "why"}, bad},
		{fmt.Sprintf("%s of duplicates, %d of them across training and validation", scale.Plural(len(pairs), "pair"), len(f.Leaks)), []string{"file", "and", ""}, pairs},
		{suspicious, []string{"file", "label", "believed", "rather", "believed"}, labels},
	} {
		if _, err := fmt.Fprintln(w, part.title); err != nil {
			return err
		}
		if len(part.rows) == 0 {
			continue
		}
		if err := columns.Print(w, part.heads, part.rows); err != nil {
			return err
		}
	}
	return nil
}
