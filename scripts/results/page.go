package main

import (
	"bytes"
	"fmt"
	"math"
)

var titles = map[string]string{
	"finetune": "`fine_tune(3, 3e-3)`, then `fit_one_cycle(3, slice(1e-5, 1e-4))`",
	"onecycle": "`fit_one_cycle(5, 3e-3)`, unfrozen",
}

// page lists every run and compares the means.
func page(runs []Run) []byte {
	var b bytes.Buffer
	b.WriteString(`# Accuracy beside Python's fastai

Written by ` + "`make results`" + `. Five photographs' classes (4,317 pictures, ` + "`RandomSplitter(0.2, seed=42)`" + `),
` + "`Resize(128)`, `aug_transforms(size=112, min_scale=0.75)`" + `, ImageNet normalisation, batch 64, ResNet-18 from the
same small pretrained body. The weights are weak: it is the equality that counts. The seeds were fixed
beforehand, and every run is listed. A difference of means is in order up to the larger of 1.5 points and two
standard errors of the difference.
`)
	for _, recipe := range recipes {
		fmt.Fprintf(&b, "\n## %s\n\n| seed | fastai | fastlearn |\n| --- | --- | --- |\n", titles[recipe])
		var values [2][]float64
		for _, seed := range seeds {
			var cells [2]string
			for i, side := range sides {
				cells[i] = "–"
				if r := find(runs, side, recipe, seed); r != nil {
					values[i] = append(values[i], r.Accuracy)
					cells[i] = fmt.Sprintf("%.4f", r.Accuracy)
				}
			}
			fmt.Fprintf(&b, "| %d | %s | %s |\n", seed, cells[0], cells[1])
		}
		m0, v0 := meanVar(values[0])
		m1, v1 := meanVar(values[1])
		fmt.Fprintf(&b, "| mean | %.4f | %.4f |\n\n", m0, m1)
		se := math.Sqrt(v0/float64(len(values[0])) + v1/float64(len(values[1])))
		allowed := math.Max(0.015, 2*se)
		verdict := "within"
		if math.Abs(m1-m0) > allowed {
			verdict = "**outside**"
		}
		fmt.Fprintf(&b, "Difference of means %+.4f, standard error %.4f: %s the allowed ±%.4f.\n", m1-m0, se, verdict, allowed)
	}
	return b.Bytes()
}

func meanVar(xs []float64) (mean, variance float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	for _, x := range xs {
		variance += (x - mean) * (x - mean) / float64(len(xs)-1)
	}
	return mean, variance
}
