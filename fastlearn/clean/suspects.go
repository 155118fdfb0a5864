package clean

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
)

// A Suspect is an item and how far its label is believed.
type Suspect struct {
	Item          int
	Label         int     // the class it was given
	Prob          float64 // of that class, by a model that never saw the item
	Suggested     int     // the class that model believes in most
	SuggestedProb float64
}

// folds, and how often they are drawn: probabilities are averaged.
const folds, draws = 5, 3

// Suspects ranks items by how far their labels are believed, the least first: by the probability of the label that a logistic
// regression on the others' features gives, in 5 folds drawn three times by seed (cleanlab's self-confidence). features are N rows of one
// length, such as [Features]; labels are classes from 0.
func Suspects(ctx context.Context, features [][]float32, labels []int, seed int64) ([]Suspect, error) {
	if err := guard.Context("clean: Suspects", ctx); err != nil {
		return nil, err
	}
	classes, err := checkFeatures(features, labels)
	if err != nil {
		return nil, err
	}
	probs := make([][]float64, len(labels))
	for d := range draws {
		fold := stratified(labels, classes, seed, uint64(d))
		for k := range folds {
			var train, held []int
			for i, f := range fold {
				if f == k {
					held = append(held, i)
				} else {
					train = append(train, i)
				}
			}
			rows, err := outOfFold(ctx, features, labels, classes, train, held)
			if err != nil {
				return nil, err
			}
			for j, i := range held {
				for c := range classes {
					if probs[i] == nil {
						probs[i] = make([]float64, classes)
					}
					probs[i][c] += float64(rows[j*classes+c]) / draws
				}
			}
		}
	}
	out := make([]Suspect, len(labels))
	for i, p := range probs {
		best := slices.Index(p, slices.Max(p))
		out[i] = Suspect{i, labels[i], p[labels[i]], best, p[best]}
	}
	slices.SortStableFunc(out, func(a, b Suspect) int { return cmp.Compare(a.Prob, b.Prob) })
	return out, nil
}

func checkFeatures(features [][]float32, labels []int) (classes int, err error) {
	if len(features) != len(labels) {
		return 0, fmt.Errorf("clean: Suspects: %d rows of features and %d labels", len(features), len(labels))
	}
	if len(labels) < folds {
		return 0, fmt.Errorf("clean: Suspects: %d items: want %d or more, to tell each by the others", len(labels), folds)
	}
	for i, row := range features {
		if len(row) == 0 || len(row) != len(features[0]) || labels[i] < 0 {
			return 0, fmt.Errorf("clean: Suspects: item %d has %d features and the class %d: want %d features, as item 0 has, and a class from 0", i, len(row), labels[i], len(features[0]))
		}
		classes = max(classes, labels[i]+1)
	}
	if classes < 2 || classes > len(labels) {
		return 0, errors.New("clean: Suspects: want 2 classes or more, and an item or more of each")
	}
	return classes, nil
}

// stratified deals the items of each class to folds in turn, in an order that seed draws.
func stratified(labels []int, classes int, seed int64, draw uint64) []int {
	byClass := make([][]int, classes)
	for i, c := range labels {
		byClass[c] = append(byClass[c], i)
	}
	rng := rand.New(rand.NewPCG(uint64(seed), draw))
	fold, next := make([]int, len(labels)), 0
	for _, items := range byClass {
		rng.Shuffle(len(items), func(a, b int) { items[a], items[b] = items[b], items[a] })
		for _, i := range items {
			fold[i] = next % folds
			next++
		}
	}
	return fold
}

// outOfFold fits a logistic regression to the items of train, and returns the probabilities of those held out, class by class.
// Features are centred and brought to one scale by train's. The objective, the mean cross-entropy and a penalty on the squared
// weights, is convex and smooth, so Nesterov's accelerated descent needs neither a rate nor a line search: the step is the
// inverse of a bound on its curvature.
func outOfFold(ctx context.Context, features [][]float32, labels []int, classes int, train, held []int) (probs []float32, err error) {
	const c, steps = 0.02, 300 // c is scikit-learn's C
	s := torch.NewScope()
	defer s.Close()
	err = torch.Try(func() {
		x := matrix(s, features, train)
		mean := x.Mean(0)
		x = x.Sub(mean)
		scale := 1 / math.Sqrt(x.Mul(x).Mean().Item()+1e-12)
		x = x.MulScalar(scale)
		y := torch.FromSlice(s, at(classes64(labels), train)).OneHot(int64(classes)).To(torch.Float32)
		n, transposed := float64(len(train)), x.Transpose(0, 1)
		penalty := 1 / (c * n)
		rate := 1 / (curvature(x, transposed)/(2*n) + 0.5 + penalty)
		w, b := s.Zeros(x.Size(1), int64(classes)), s.Zeros(int64(classes))
		lastW, lastB := s.Zeros(w.Shape()...), s.Zeros(b.Shape()...)
		for k := range steps {
			if ctx.Err() != nil {
				return
			}
			step := s.Child()
			ahead := torch.FromSlice(step, []float32{float32(k) / float32(k+3)})
			v, u := w.Add(w.Sub(lastW).Mul(ahead)), b.Add(b.Sub(lastB).Mul(ahead))
			off := x.MatMul(v).Add(u).Softmax(1).Sub(y).MulScalar(1 / n)
			lastW.Copy_(w)
			lastB.Copy_(b)
			w.Copy_(v.Sub(transposed.MatMul(off).Add(v.MulScalar(penalty)).MulScalar(rate)))
			b.Copy_(u.Sub(off.Sum(0).MulScalar(rate)))
			step.Close()
		}
		probs = torch.ToSlice[float32](matrix(s, features, held).Sub(mean).MulScalar(scale).MatMul(w).Add(b).Softmax(1))
	})
	return probs, errors.Join(err, ctx.Err())
}

// curvature is the largest eigenvalue of xᵀx, by power iteration, with a margin for what that misses.
func curvature(x, transposed *torch.Tensor) float64 {
	step := x.Scope().Child()
	defer step.Close()
	v := step.Ones(x.Size(1), 1)
	largest := 0.0
	for range 30 {
		v = transposed.MatMul(x.MatMul(v))
		largest = v.Norm(2).Item()
		v = v.MulScalar(1 / (largest + 1e-12))
	}
	return 1.05 * largest
}

func matrix(s *torch.Scope, rows [][]float32, items []int) *torch.Tensor {
	return torch.FromSlice(s, slices.Concat(at(rows, items)...), int64(len(items)), int64(len(rows[0])))
}

// at are the elements at those places.
func at[T any](all []T, places []int) (out []T) {
	for _, i := range places {
		out = append(out, all[i])
	}
	return out
}

func classes64(labels []int) (out []int64) {
	for _, c := range labels {
		out = append(out, int64(c))
	}
	return out
}
