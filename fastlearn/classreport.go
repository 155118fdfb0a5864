package fastlearn

import (
	"fmt"
	"strings"
)

// ClassScore is how well one class is told from the others.
type ClassScore struct {
	Class                 string
	Precision, Recall, F1 float64 // 0 where they are not defined
	Support               int     // items of the class
}

// ClassReport are the scores of all classes (scikit-learn's classification_report).
type ClassReport struct {
	Classes         []ClassScore
	Macro, Weighted ClassScore // the means over classes, and weighted by support
	Accuracy        float64    // of classes

	// Of several labels an item: the scores of all labels counted together, and the means over items.
	Micro, Samples ClassScore
	Labels         bool // targets are several labels an item, which have no accuracy
}

// tally counts what a score is made of.
type tally struct{ right, predicted, support int }

func (t *tally) add(o tally) {
	t.right, t.predicted, t.support = t.right+o.right, t.predicted+o.predicted, t.support+o.support
}

func (t tally) score(name string) ClassScore {
	return ClassScore{name, ratio(t.right, t.predicted), ratio(t.right, t.support), ratio(2*t.right, t.predicted+t.support), t.support}
}

// Report scores each class, or where an item has several labels each label; its String is a table (fastai's
// print_classification_report, for labels scikit-learn's own). It has no classes where targets are numbers, or where there
// aren't predictions.
func (i *Interpretation) Report() *ClassReport {
	i = i.orEmpty()
	r := &ClassReport{Macro: ClassScore{Class: "macro avg"}, Weighted: ClassScore{Class: "weighted avg"}}
	var of []tally
	if r.Labels = i.hasLabels(); r.Labels {
		of = i.tallyLabels(&r.Samples)
	} else {
		of = i.tallyClasses()
	}
	all := tally{}
	for k, t := range of {
		r.Classes = append(r.Classes, t.score(i.Vocab[k]))
		all.add(t)
	}
	for _, s := range r.Classes {
		r.Macro.add(s, 1/float64(len(r.Classes)))
		r.Weighted.add(s, ratio(s.Support, all.support))
	}
	if r.Labels {
		r.Micro, r.Samples.Class, r.Samples.Support = all.score("micro avg"), "samples avg", all.support
	} else {
		r.Accuracy = ratio(all.right, all.support)
	}
	r.Macro.Support, r.Weighted.Support = all.support, all.support
	return r
}

// hasLabels tells whether an item has several labels, each there or not.
func (i *Interpretation) hasLabels() bool {
	return i.Targets == nil && len(i.TargetRows) > 0 && len(i.DecodedRows) == len(i.TargetRows) && len(i.Vocab) > 0 && len(i.Vocab) == len(i.TargetRows[0])
}

func (i *Interpretation) tallyClasses() []tally {
	m := i.ConfusionMatrix()
	of := make([]tally, len(m))
	for k, row := range m {
		of[k].right = row[k]
		for j, n := range row {
			of[j].predicted += n
			of[k].support += n
		}
	}
	return of
}

// tallyLabels also sums the items' own scores up to their mean.
func (i *Interpretation) tallyLabels(mean *ClassScore) []tally {
	of := make([]tally, len(i.Vocab))
	for p, actual := range i.TargetRows {
		item := tally{}
		for k := range of {
			is, said := actual[k] > 0.5, i.DecodedRows[p][k] > 0.5
			label := tally{toInt(is && said), toInt(said), toInt(is)}
			of[k].add(label)
			item.add(label)
		}
		mean.add(item.score(""), 1/float64(len(i.TargetRows)))
	}
	return of
}

func toInt(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (s *ClassScore) add(o ClassScore, weight float64) {
	s.Precision += weight * o.Precision
	s.Recall += weight * o.Recall
	s.F1 += weight * o.F1
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// String is the table as scikit-learn prints it.
func (r *ClassReport) String() string {
	if r == nil {
		return ""
	}
	width := len(r.Weighted.Class)
	for _, s := range r.Classes {
		width = max(width, len([]rune(s.Class)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%*s  %9s %9s %9s %9s\n\n", width, "", "precision", "recall", "f1-score", "support")
	row := func(s ClassScore) {
		fmt.Fprintf(&b, "%*s  %9.2f %9.2f %9.2f %9d\n", width, s.Class, s.Precision, s.Recall, s.F1, s.Support)
	}
	for _, s := range r.Classes {
		row(s)
	}
	b.WriteByte('\n')
	if r.Labels {
		row(r.Micro)
	} else {
		fmt.Fprintf(&b, "%*s  %9s %9s %9.2f %9d\n", width, "accuracy", "", "", r.Accuracy, r.Macro.Support)
	}
	row(r.Macro)
	row(r.Weighted)
	if r.Labels {
		row(r.Samples)
	}
	return b.String()
}
