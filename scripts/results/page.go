package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

const intro = `# Accuracy beside Python's fastai

Written by ''make results'' from the runs in ''docs/results.jsonl''. ''RandomSplitter(0.2, seed=42)'', ''Resize'' to the size that is said,
''aug_transforms(size=…, min_scale=0.75)'', normalisation, batch 64. Flowers-102 are 2,136 photographs of 89 of its classes, on which timm's
''tf_efficientnet_lite0'' starts with ImageNet's weights and both sides with the same head. The others train on 4,317 photographs of five classes;
their ResNet-18 starts from the same small pretrained body, whose weights are weak: it is the equality that counts there. The
seeds and recipes were fixed beforehand, and every run is listed. Only that of Flowers-102 from ''lr_find'' on, where one seed can't compare, is a second try:
at 192, in 12 epochs by ''slice(1e-5, 1e-3)'', the first came to 0.8759, by test-time augmentation 0.9180. With everything switched on, 12 epochs are too few: trained with MixUp, the loss still falls. A difference of means is in order up to the larger of 1.5 points and two standard errors of the difference.

''SamplingFastai'' reads the pictures as fastai does, ''SamplingOnce'' through one map. The rule that was set beforehand:
''SamplingOnce'' becomes the default if its mean over all runs is higher by more than a standard error of the
(paired) difference; else what gives fastai's very pictures stays.

''bf16'' is ''learn.ToChannelsLast().ToBF16()'' with the default sampling. fastai trains in float32 in every run: its
''to_bf16'' changes nothing on a CPU.
`

// page lists every run and compares the means.
func page(runs []Run) []byte {
	var b bytes.Buffer
	b.WriteString(strings.ReplaceAll(intro, "''", "`"))
	for i := range recipes {
		r := &recipes[i]
		switch {
		case r.Wrong > 0:
			found(&b, runs, r)
			continue
		case r.Files:
			exports(&b, runs, r)
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", r.Title, r.pictures())
		table(&b, runs, r, "", func(run *Run) float64 { return run.Accuracy })
		if r.TTA {
			table(&b, runs, r, "By TTA, of the same trainings:", func(run *Run) float64 { return run.TTA })
		}
		if run := find(runs, r.Sides[0], r.Name, r.Seeds[0]); r.Least > 0 && run != nil {
			verdict := "**below**"
			if max(run.Accuracy, run.TTA) >= r.Least {
				verdict = "at least"
			}
			fmt.Fprintf(&b, "\n%.4f is %s the %.2f that is wanted.\n", max(run.Accuracy, run.TTA), verdict, r.Least)
		}
	}
	byDefault(&b, runs)
	return b.Bytes()
}

// found lists which part of planted wrong labels each side's list begins with.
func found(b *bytes.Buffer, runs []Run, r *Recipe) {
	fmt.Fprintf(b, "\n## %s\n\nOf the labels %.0f %% are made wrong; listed is which part of those is in the first tenth of each side's list, the most suspicious first: `Suspects` of\n"+
		"package clean, and cleanlab's `CleanLearning().find_label_issues` as it comes, both with the same frozen features of EfficientNet-Lite0 and five folds.\n", r.Title, 100*r.Wrong)
	header(b, r)
	values := map[string][]float64{}
	for _, seed := range r.Seeds {
		fmt.Fprintf(b, "| %d |", seed)
		for _, side := range r.Sides {
			cell := "–"
			if run := find(runs, side, r.Name, seed); run != nil {
				values[side] = append(values[side], run.Accuracy)
				cell = fmt.Sprintf("%.4f", run.Accuracy)
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	foot(b, "mean", r, values, func(mean, _ float64) float64 { return mean })
	if len(values[cleanlab]) < len(r.Seeds) || len(values[ours]) < len(r.Seeds) {
		b.WriteString("\nNot all seeds have run.\n")
		return
	}
	diff, _ := compareMeans(values[cleanlab], values[ours])
	verdict := "not below"
	if diff < -0.01 {
		verdict = "**below**"
	}
	fmt.Fprintf(b, "\n`%s` less %s: %+.4f, %s the allowed -0.0100.\n", ours, cleanlab, diff, verdict)
}

// pictures says how large they are.
func (r *Recipe) pictures() string {
	var sizes []string
	for i, s := range r.Stages {
		if i == 0 || s.Size != r.Stages[i-1].Size {
			sizes = append(sizes, fmt.Sprint(s.Size))
		}
	}
	text := fmt.Sprintf("`Resize(%d)`, then size %s", r.Resize, strings.Join(sizes, ", later "))
	if r.MixUp > 0 {
		text += fmt.Sprintf("; `MixUp(%g)`", r.MixUp)
	}
	if r.Smoothing > 0 {
		text += fmt.Sprintf("; labels smoothed by %g", r.Smoothing)
	}
	if r.Arch != resnet18 && r.Arch != lite0 {
		text += fmt.Sprintf("; `%s`", r.Arch)
	}
	return text + "."
}

// table lists one figure of a recipe's runs, and compares its means.
func table(b *bytes.Buffer, runs []Run, r *Recipe, caption string, of func(*Run) float64) {
	if caption != "" {
		fmt.Fprintf(b, "\n%s\n", caption)
	}
	header(b, r)
	values := map[string][]float64{}
	for _, seed := range r.Seeds {
		fmt.Fprintf(b, "| %d |", seed)
		for _, side := range r.Sides {
			cell := "–"
			if run := find(runs, side, r.Name, seed); run != nil {
				values[side] = append(values[side], of(run))
				cell = fmt.Sprintf("%.4f", of(run))
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	if len(r.Seeds) < 2 {
		return
	}
	foot(b, "mean", r, values, func(mean, _ float64) float64 { return mean })
	foot(b, "deviation", r, values, func(_, variance float64) float64 { return math.Sqrt(variance) })
	b.WriteString("\n")
	for _, side := range r.Sides[1:] {
		if len(values[side]) < len(r.Seeds) || len(values[fastai]) < len(r.Seeds) {
			fmt.Fprintf(b, "`%s`: not all seeds have run.\n", side)
			continue
		}
		diff, se := compareMeans(values[fastai], values[side])
		allowed := math.Max(0.015, 2*se)
		verdict := "within"
		if math.Abs(diff) > allowed {
			verdict = "**outside**"
		}
		fmt.Fprintf(b, "`%s` less fastai: %+.4f, standard error %.4f: %s the allowed ±%.4f.\n", side, diff, se, verdict, allowed)
	}
}

func header(b *bytes.Buffer, r *Recipe) {
	fmt.Fprintf(b, "\n| seed | %s |\n|%s\n", strings.Join(r.Sides, " | "), strings.Repeat(" --- |", len(r.Sides)+1))
}

// foot is a row of something about each column's runs.
func foot(b *bytes.Buffer, name string, r *Recipe, values map[string][]float64, of func(mean, variance float64) float64) {
	fmt.Fprintf(b, "| %s |", name)
	for _, side := range r.Sides {
		if len(values[side]) < 2 {
			b.WriteString(" – |")
			continue
		}
		fmt.Fprintf(b, " %.4f |", of(meanVar(values[side])))
	}
	b.WriteString("\n")
}

// byDefault says which sampling is the default, by runs of the same recipe and seed, where there are some.
func byDefault(b *bytes.Buffer, runs []Run) {
	var apart []float64
	for _, r := range recipes {
		for _, seed := range r.Seeds {
			one, two := find(runs, once, r.Name, seed), find(runs, fp32, r.Name, seed)
			if one != nil && two != nil {
				apart = append(apart, one.Accuracy-two.Accuracy)
			}
		}
	}
	if len(apart) < 2 {
		return
	}
	diff, variance := meanVar(apart)
	se := math.Sqrt(variance / float64(len(apart)))
	verdict := "`SamplingFastai` stays the default"
	if diff > se {
		verdict = "`SamplingOnce` is the default"
	}
	fmt.Fprintf(b, "\n## The default\n\n`SamplingOnce` less `SamplingFastai` over all runs of both: %+.4f, standard error %.4f: %s.\n", diff, se, verdict)
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
