package main

import (
	"fmt"
	"slices"
)

// Recipe is how both sides train, and what is compared. fastai_run.py gets it as JSON.
type Recipe struct {
	Name      string  `json:"name"`
	Set       string  `json:"set"`       // the photographs, of ../shared: a folder a class, or df.csv
	Arch      string  `json:"arch"`      // resnet18, or one of tf_efficientnet_lite0 to lite4 with ImageNet's weights
	Resize    int     `json:"resize"`    // of each picture, before a batch is augmented
	MixUp     float64 `json:"mixup"`     // its alpha; 0: none
	Smoothing float64 `json:"smoothing"` // of labels
	TTA       bool    `json:"tta"`       // at the end validate by test-time augmentation too
	Stages    []Stage `json:"stages"`

	Title string   `json:"-"`
	Sides []string `json:"-"` // fastai, and who is compared with it
	Seeds []int    `json:"-"`
	Files bool     `json:"-"` // sides are precisions of exported files
	Least float64  `json:"-"` // accuracy that is wanted of one seed, by test-time augmentation if there is some
	Wrong float64  `json:"-"` // no training: which part of the labels is made wrong, to be found again
}

// Stage is one training of a recipe's learner; the learner goes on where it stands.
type Stage struct {
	Size     int       `json:"size"` // of the augmented pictures; new loaders where it changes
	Unfreeze bool      `json:"unfreeze"`
	Fit      string    `json:"fit"` // fine_tune or fit_one_cycle
	Epochs   int       `json:"epochs"`
	LR       []float64 `json:"lr"` // one rate, or a slice's two; none: what lr_find's valley is, of ours alone
}

// The sides. Those in Go read pictures by SamplingFastai, the default, where their names don't say other.
const (
	fastai = "fastai"
	once   = "SamplingOnce"
	fp32   = "SamplingFastai"
	bf16   = "bf16" // ToChannelsLast().ToBF16()
)

// The photographs and the models that start from what they are said to in the page's introduction.
const (
	flowers5, flowers102 = "flowers5", "flowers102"
	resnet18, lite0      = "resnet18", "tf_efficientnet_lite0"
)

var seeds = []int{1, 2, 3, 4, 5}

var recipes = []Recipe{
	{
		Name: "article", Title: "Flowers-102: `fine_tune(4, 5e-3)`", Set: flowers102, Arch: lite0,
		Sides: []string{fastai, fp32}, Seeds: []int{1, 2, 3}, Resize: 256,
		Stages: []Stage{{Size: 192, Fit: "fine_tune", Epochs: 4, LR: []float64{5e-3}}},
	},
	{
		Name: "article-rest", Title: "Flowers-102: `lr_find`, `fine_tune(4)` at its rate, `fit_one_cycle(8, slice(3e-4, 3e-3))`, TTA", Set: flowers102, Arch: lite0,
		Sides: []string{bf16}, Seeds: []int{1}, Resize: 288, TTA: true, Least: 0.93,
		Stages: []Stage{
			{Size: 224, Fit: "fine_tune", Epochs: 4},
			{Size: 224, Fit: "fit_one_cycle", Epochs: 8, LR: []float64{3e-4, 3e-3}},
		},
	},
	{
		Name: "article-all", Title: "Flowers-102: everything switched on", Set: flowers102, Arch: "tf_efficientnet_lite2",
		Sides: []string{bf16}, Seeds: []int{1}, Resize: 288, MixUp: 0.4, Smoothing: 0.1, TTA: true,
		Stages: []Stage{
			{Size: 128, Fit: "fine_tune", Epochs: 4},
			{Size: 224, Fit: "fit_one_cycle", Epochs: 8, LR: []float64{3e-4, 3e-3}},
		},
	},
	{
		Name: "finetune", Title: "`fine_tune(3, 3e-3)`, then `fit_one_cycle(3, slice(1e-5, 1e-4))`", Set: flowers5, Arch: resnet18,
		Sides: []string{fastai, once, fp32}, Seeds: seeds, Resize: 128,
		Stages: []Stage{
			{Size: 112, Fit: "fine_tune", Epochs: 3, LR: []float64{3e-3}},
			{Size: 112, Fit: "fit_one_cycle", Epochs: 3, LR: []float64{1e-5, 1e-4}},
		},
	},
	{
		Name: "onecycle", Title: "`fit_one_cycle(5, 3e-3)`, unfrozen", Set: flowers5, Arch: resnet18,
		Sides: []string{fastai, once, fp32, bf16}, Seeds: seeds, Resize: 128,
		Stages: []Stage{{Size: 112, Unfreeze: true, Fit: "fit_one_cycle", Epochs: 5, LR: []float64{3e-3}}},
	},
	{
		Name: "mixup", Title: "MixUp: `fit_one_cycle(3, 3e-3)`, unfrozen", Set: flowers5, Arch: resnet18,
		Sides: []string{fastai, fp32, bf16}, Seeds: seeds, Resize: 96, MixUp: 0.4,
		Stages: []Stage{{Size: 80, Unfreeze: true, Fit: "fit_one_cycle", Epochs: 3, LR: []float64{3e-3}}},
	},
	{
		Name: "progressive", Title: "Progressive resizing: `fit_one_cycle(1, 3e-3)`, unfrozen, at 96, then the same at 128; and TTA", Set: flowers5, Arch: resnet18,
		Sides: []string{fastai, fp32, bf16}, Seeds: seeds, Resize: 146, TTA: true,
		Stages: []Stage{
			{Size: 96, Unfreeze: true, Fit: "fit_one_cycle", Epochs: 1, LR: []float64{3e-3}},
			{Size: 128, Fit: "fit_one_cycle", Epochs: 1, LR: []float64{3e-3}},
		},
	},
	{Name: "suspects", Title: "Wrong labels", Set: flowers5, Sides: []string{cleanlab, ours}, Seeds: seeds[:3], Wrong: 0.05},
	{
		Name: "int8-flowers5", Title: "Exported as bfloat16 and int8: five classes, `fit_one_cycle(2, 3e-3)`, unfrozen", Set: flowers5, Arch: resnet18,
		Sides: []string{exact, brain, eight}, Seeds: seeds[:3], Resize: 128, Files: true,
		Stages: []Stage{{Size: 128, Unfreeze: true, Fit: "fit_one_cycle", Epochs: 2, LR: []float64{3e-3}}},
	},
	{
		Name: "int8-flowers102", Title: "Exported as bfloat16 and int8: Flowers-102, `fine_tune(1, 5e-3)`", Set: flowers102, Arch: lite0,
		Sides: []string{exact, brain, eight}, Seeds: seeds[:3], Resize: 256, Files: true,
		Stages: []Stage{{Size: 192, Fit: "fine_tune", Epochs: 1, LR: []float64{5e-3}}},
	},
}

// named are the recipes of these names.
func named(names []string) ([]*Recipe, error) {
	var out []*Recipe
	for _, name := range names {
		i := slices.IndexFunc(recipes, func(r Recipe) bool { return r.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no recipe %q", name)
		}
		out = append(out, &recipes[i])
	}
	return out, nil
}
