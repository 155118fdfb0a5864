package page

import (
	"fmt"
	"math"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// Calibration compares how sure a classifier is with how often it is right (Guo et al. 2017, On Calibration of Modern
// Neural Networks).
type Calibration struct {
	N                int     // predictions
	ECE              float64 // expected calibration error: the mean of the bins' gaps, by their predictions
	Accuracy, Chance float64 // how often it is right, and the mean of what it finds the probability of that
	Bins             []Bin   // those that have predictions
}

// Bin are the predictions whose confidence is in one interval.
type Bin struct {
	N                    int
	Confidence, Accuracy float64 // means
}

const calibrationBins = 15

// Calibrate divides predictions into 15 bins of equal width by their confidence, each with its upper end.
func Calibrate(confidence []float64, right []bool) Calibration {
	c := Calibration{N: len(confidence)}
	bins := make([]Bin, calibrationBins)
	for i, p := range confidence {
		k := min(max(int(math.Ceil(p*calibrationBins))-1, 0), calibrationBins-1)
		b := &bins[k]
		b.N++
		b.Confidence += p
		c.Chance += p / float64(c.N)
		if right[i] {
			b.Accuracy++
			c.Accuracy += 1 / float64(c.N)
		}
	}
	for _, b := range bins {
		if b.N == 0 {
			continue
		}
		c.ECE += math.Abs(b.Accuracy-b.Confidence) / float64(c.N)
		b.Confidence, b.Accuracy = b.Confidence/float64(b.N), b.Accuracy/float64(b.N)
		c.Bins = append(c.Bins, b)
	}
	return c
}

// NewCalibration takes the probabilities of an interpretation; N is 0 where there are none, or where items have no one class.
func NewCalibration(i *fastlearn.Interpretation) Calibration {
	var confidence []float64
	var right []bool
	for p, target := range i.Targets {
		prob, ok := i.Prob(p)
		if !ok || math.IsNaN(prob) || target < 0 || target >= len(i.Vocab) { // what the loss ignores
			continue
		}
		confidence, right = append(confidence, prob), append(right, !i.Wrong(p))
	}
	return Calibrate(confidence, right)
}

// Chart draws accuracy over confidence.
func (c Calibration) Chart() *Chart {
	curve := Curve{Name: "the model", Dots: true}
	for _, b := range c.Bins {
		curve.Points = append(curve.Points, Point{b.Confidence, b.Accuracy})
	}
	return NewChart(Axes{Title: "Calibration: accuracy", X: "confidence", Shares: true, SharesX: true}, curve, Curve{Name: "as sure as right", Points: []Point{{0, 0}, {1, 1}}})
}

// Words say what the numbers mean.
func (c Calibration) Words() string {
	verdict := "about as sure as it is right"
	switch d := c.Chance - c.Accuracy; {
	case d > 0.02:
		verdict = "surer than it is right: its probabilities are too high"
	case d < -0.02:
		verdict = "less sure than it is right: its probabilities are too low"
	}
	return fmt.Sprintf("The model is right about %.1f %% of %s, and finds that %.1f %% probable on average: it is %s. Expected calibration error (ECE, %d bins): %.3f.",
		100*c.Accuracy, Count(c.N, "picture"), 100*c.Chance, verdict, calibrationBins, c.ECE)
}
