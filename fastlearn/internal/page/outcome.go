package page

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/toploss"
)

const (
	mostPairs    = 12 // of Most confused
	picturesPair = 3
)

// NewOutcome shows what a classifier made of a data set.
func NewOutcome(i *fastlearn.Interpretation) *Outcome {
	o := &Outcome{Heads: []string{"Class", "F1", "Precision", "Recall", "Pictures"}, Matrix: NewMatrix(i.ConfusionMatrix(), i.Vocab)}
	classes := i.Report().Classes
	slices.SortStableFunc(classes, func(a, b fastlearn.ClassScore) int { return cmp.Compare(a.F1, b.F1) }) // what needs looking after first
	for _, s := range classes {
		o.Scores = append(o.Scores, []string{s.Class, fmt.Sprintf("%.3f", s.F1), fmt.Sprintf("%.3f", s.Precision), fmt.Sprintf("%.3f", s.Recall), fmt.Sprint(s.Support)})
	}
	if c := NewCalibration(i); c.N > 0 {
		o.Calibration = &c
	}
	pairs := i.MostConfused(1)
	if len(pairs) > mostPairs {
		o.More = len(pairs) - mostPairs
		pairs = pairs[:mostPairs]
	}
	worst := i.TopLosses(0)
	for _, pair := range pairs {
		c := Confused{Actual: pair.Actual, Predicted: pair.Predicted, N: pair.N}
		for _, k := range worst {
			if len(c.Pictures) < picturesPair && i.Files != nil && i.Class(i.Targets[k]) == pair.Actual && i.Class(i.Decoded[k]) == pair.Predicted {
				p := Open(i.Files[k])
				p.Alt = fmt.Sprintf("%s taken for %s: %s", pair.Actual, pair.Predicted, filepath.Base(i.Files[k]))
				c.Pictures = append(c.Pictures, p)
			}
		}
		o.Confused = append(o.Confused, c)
	}
	return o
}

// NewLosses shows the k pictures with the largest losses, whatever their targets are; nil where there are
// no losses or no pictures. Classes to choose from are there where each picture has one. What a page can't carry byte for
// byte is shown, and can't be chosen about.
func NewLosses(i *fastlearn.Interpretation, k int) *Losses {
	if i.Files == nil || i.Losses == nil {
		return nil
	}
	l := &Losses{Heading: toploss.Heading(i)}
	if i.Targets != nil {
		for _, class := range i.Vocab {
			if carried(class) {
				l.Classes = append(l.Classes, class)
			}
		}
	}
	for n, place := range i.TopLosses(k) {
		file := i.Files[place]
		p := Open(file)
		p.Place, p.Wrong = n+1, i.Wrong(place)
		said, is := i.Predicted(place), i.Actual(place)
		if carried(file) && carried(is) {
			p.Path = file
		}
		if i.Targets != nil {
			if p.Label = is; p.Wrong && carried(said) {
				p.Predicted = said
			}
		}
		_, _, numbers := toploss.Words(i, place)
		p.Lines = []string{said + " /", is, numbers, filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file))}
		p.Alt = fmt.Sprintf("prediction %s, actual %s", said, is)
		l.Pictures = append(l.Pictures, p)
	}
	return l
}

// carried tells whether a name comes out of a page, and of the choices that it saves, as it went in: HTML has no bytes that
// aren't UTF-8 and no zero, and takes a carriage return for a line's end.
func carried(name string) bool { return utf8.ValidString(name) && !strings.ContainsAny(name, "\x00\r") }
