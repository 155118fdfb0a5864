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

Written by ` + "`make results`" + ` from the runs in ` + "`docs/results.jsonl`" + `. Five photographs' classes (4,317 pictures,
` + "`RandomSplitter(0.2, seed=42)`), `Resize(128)`, `aug_transforms(size=112, min_scale=0.75)`" + `, ImageNet normalisation,
batch 64, ResNet-18 from the same small pretrained body. The weights are weak: it is the equality that counts. The
seeds were fixed beforehand, and every run is listed. A difference of means is in order up to the larger of 1.5
points and two standard errors of the difference.

` + "`SamplingFastai` reads the pictures as fastai does, `SamplingOnce`" + ` through one map. The rule that was set beforehand:
` + "`SamplingOnce`" + ` becomes the default if its mean over all runs is higher by more than a standard error of the
(paired) difference; else what gives fastai's very pictures stays.
`)
	all := map[string][]float64{}
	for _, recipe := range recipes {
		fmt.Fprintf(&b, "\n## %s\n\n| seed |", titles[recipe])
		values := map[string][]float64{}
		for _, side := range sides {
			fmt.Fprintf(&b, " %s |", side)
		}
		b.WriteString("\n| --- | --- | --- | --- |\n")
		for _, seed := range seeds {
			fmt.Fprintf(&b, "| %d |", seed)
			for _, side := range sides {
				cell := "–"
				if r := find(runs, side, recipe, seed); r != nil {
					values[side] = append(values[side], r.Accuracy)
					all[side] = append(all[side], r.Accuracy)
					cell = fmt.Sprintf("%.4f", r.Accuracy)
				}
				fmt.Fprintf(&b, " %s |", cell)
			}
			b.WriteString("\n")
		}
		b.WriteString("| mean |")
		for _, side := range sides {
			mean, _ := meanVar(values[side])
			fmt.Fprintf(&b, " %.4f |", mean)
		}
		b.WriteString("\n\n")
		for _, side := range sides[1:] {
			diff, se := compareMeans(values["fastai"], values[side])
			allowed := math.Max(0.015, 2*se)
			verdict := "within"
			if math.Abs(diff) > allowed {
				verdict = "**outside**"
			}
			fmt.Fprintf(&b, "`%s` less fastai: %+.4f, standard error %.4f: %s the allowed ±%.4f.\n", side, diff, se, verdict, allowed)
		}
	}
	var apart []float64 // of the same recipe and seed
	for i, v := range all["SamplingOnce"] {
		if i < len(all["SamplingFastai"]) {
			apart = append(apart, v-all["SamplingFastai"][i])
		}
	}
	diff, variance := meanVar(apart)
	se := math.Sqrt(variance / float64(len(apart)))
	verdict := "`SamplingFastai` stays the default"
	if diff > se {
		verdict = "`SamplingOnce` is the default"
	}
	fmt.Fprintf(&b, "\n## The default\n\n`SamplingOnce` less `SamplingFastai` over all runs: %+.4f, standard error %.4f: %s.\n", diff, se, verdict)
	return b.Bytes()
}

// compareMeans is b's mean less a's, and its standard error.
func compareMeans(a, b []float64) (diff, se float64) {
	ma, va := meanVar(a)
	mb, vb := meanVar(b)
	return mb - ma, math.Sqrt(va/float64(len(a)) + vb/float64(len(b)))
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
