package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
)

// The sides of a recipe that is exported in several precisions, of the same training.
const (
	exact = "float32"
	brain = "BF16()"
	eight = "Int8(dls.Train, 4)"
)

// Flips counts the photographs of validation about which a precision and float32 don't agree.
type Flips struct {
	Gained int `json:"gained"` // right, and wrong in float32
	Lost   int `json:"lost"`   // the other way round
	Of     int `json:"of"`
}

// error is the standard error of the difference of both accuracies.
func (f Flips) error() float64 {
	n, d := float64(f.Of), float64(f.Gained-f.Lost)
	return math.Sqrt(float64(f.Gained+f.Lost)-d*d/n) / n
}

// precise exports what was trained, and predicts the photographs of validation from the file.
func precise(ctx context.Context, side string, learn *fastlearn.Learner, run *Run) (*Run, error) {
	want, err := rights(ctx, learn, run, exact)
	if err != nil {
		return nil, err
	}
	got := want
	if side != exact {
		option := fastlearn.BF16()
		if side == eight {
			option = fastlearn.Int8(learn.DLs.Train, 4)
		}
		if got, err = rights(ctx, learn, run, side, option); err != nil {
			return nil, err
		}
	}
	run.Flips = &Flips{Of: len(want)}
	for i, right := range got {
		if right {
			run.Accuracy += 1 / float64(len(got))
		}
		switch {
		case right && !want[i]:
			run.Flips.Gained++
		case !right && want[i]:
			run.Flips.Lost++
		}
	}
	return run, nil
}

// rights tells of each photograph whether a predictor of the exported file is right about it.
func rights(ctx context.Context, learn *fastlearn.Learner, run *Run, side string, opts ...fastlearn.ExportOption) ([]bool, error) {
	file, err := learn.Export(fmt.Sprintf("%s-%d-export", run.Recipe, run.Seed), opts...)
	if err != nil {
		return nil, err
	}
	p, err := predictor.Load(file)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if side != exact && p.Precision() == exact {
		return nil, fmt.Errorf("this processor computes in float32, and not as %s asks for", side)
	}
	valid := learn.DLs.Valid.(*data.ItemLoader)
	var right []bool
	for i, said := range p.PredictAll(ctx, valid.Files()) {
		if said.Err != nil {
			return nil, said.Err
		}
		right = append(right, float64(said.Index) == valid.Targets()[i][0])
	}
	return right, nil
}

// trained trains a recipe, or loads what it trained to with this seed before.
func trained(learn *fastlearn.Learner, run *Run, train func() error) error {
	name := fmt.Sprintf("%s-%d", run.Recipe, run.Seed)
	if _, err := os.Stat(filepath.Join(learn.Path, learn.ModelDir, name+".pth")); err == nil {
		return learn.Load(name, fastlearn.WithoutOpt())
	}
	if err := train(); err != nil {
		return err
	}
	_, err := learn.Save(name, fastlearn.WithoutOpt())
	return err
}

// exports lists what each precision loses.
func exports(b *bytes.Buffer, runs []Run, r *Recipe) {
	fmt.Fprintf(b, "\n## %s\n\n%s The same training is exported in each precision, and the photographs of validation are predicted from the files. In brackets are accuracy less\n"+
		"float32's in points, its standard error (of the photographs about which both don't agree), and how many were won and lost. At most 0.5 points may be lost on average.\n", r.Title, r.pictures())
	header(b, r)
	lost := map[string][]float64{}
	for _, seed := range r.Seeds {
		fmt.Fprintf(b, "| %d |", seed)
		for _, side := range r.Sides {
			run := find(runs, side, r.Name, seed)
			switch {
			case run == nil || run.Flips == nil:
				b.WriteString(" – |")
			case side == exact:
				fmt.Fprintf(b, " %.4f of %d |", run.Accuracy, run.Flips.Of)
			default:
				f := run.Flips
				less := 100 * float64(f.Gained-f.Lost) / float64(f.Of)
				lost[side] = append(lost[side], -less)
				fmt.Fprintf(b, " %.4f (%+.2f ± %.2f; %d, %d) |", run.Accuracy, less, 100*f.error(), f.Gained, f.Lost)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, side := range r.Sides[1:] {
		if len(lost[side]) < len(r.Seeds) {
			fmt.Fprintf(b, "`%s`: not all seeds have run.\n", side)
			continue
		}
		mean := 0.0
		for _, l := range lost[side] {
			mean += l / float64(len(lost[side]))
		}
		verdict := "within"
		if mean > 0.5 {
			verdict = "**beyond**"
		}
		fmt.Fprintf(b, "`%s` loses %.2f points on average: %s 0.5.\n", side, mean, verdict)
	}
}
