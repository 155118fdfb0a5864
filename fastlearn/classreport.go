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
	Accuracy        float64
}

// Report scores each class; its String is a table (fastai's print_classification_report). It has no
// classes where targets are none.
func (i *Interpretation) Report() *ClassReport {
	m := i.ConfusionMatrix()
	r := &ClassReport{Macro: ClassScore{Class: "macro avg"}, Weighted: ClassScore{Class: "weighted avg"}}
	predicted := make([]int, len(m))
	total, right := 0, 0
	for k, row := range m {
		for j, n := range row {
			predicted[j] += n
			total += n
		}
		right += row[k]
	}
	for k, row := range m {
		s := ClassScore{Class: i.Vocab[k]}
		for _, n := range row {
			s.Support += n
		}
		s.Precision, s.Recall = ratio(row[k], predicted[k]), ratio(row[k], s.Support)
		s.F1 = ratio(2*row[k], predicted[k]+s.Support)
		r.Classes = append(r.Classes, s)
		r.Weighted.add(s, ratio(s.Support, total))
	}
	for _, s := range r.Classes {
		r.Macro.add(s, 1/float64(len(r.Classes)))
	}
	r.Macro.Support, r.Weighted.Support, r.Accuracy = total, total, ratio(right, total)
	return r
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
	fmt.Fprintf(&b, "\n%*s  %9s %9s %9.2f %9d\n", width, "accuracy", "", "", r.Accuracy, r.Macro.Support)
	row(r.Macro)
	row(r.Weighted)
	return b.String()
}
