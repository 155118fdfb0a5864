// Package recipe trains a model on a folder or a table of pictures by fastai's usual recipe, in one call: it recognises what the
// labels are, finds a learning rate, fine-tunes, ends early, and writes model, exported file, report and history to a folder. A
// training that was interrupted goes on from there. The command fastlearn is made of it.
//
//	r := recipe.Default("flowers")
//	r.Epochs = 3
//	err := r.Train(ctx, "trained/flowers")
package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// A Recipe is what a training is asked for. [Default] has fastai's defaults.
type Recipe struct {
	Data      string  // a folder with a folder for each class, or with train and valid; or a table of files and labels
	Labels    string  // one, several, numbers, or auto to recognise them
	Arch      string  // an architecture's name, as of models.Get
	Weights   string  // pretrained, none, or a file of weights
	InOrder   string  // of a file whose keys are another library's, what those of its head begin with: the others are taken in their order
	Precision string  // fp32, bf16, fp16, or auto: fp16 on a GPU and fp32 without
	Epochs    int     // of the whole model, after one of its head alone
	Minutes   float64 // about how long to train, in place of Epochs; 0 for Epochs
	Size      int     // width and height that the model sees, in pixels
	BatchSize int
	LR        float64 // the learning rate; 0 finds one
	Valid     float64 // the part to validate on, where the data doesn't say
	Seed      uint64  // of the split and of all that is random
	Patience  int     // epochs without a better validation loss after which it ends; 0 never ends early

	// What a training found out before it began; 0 before.
	FoundLR     float64
	FoundEpochs int
}

// Default returns the recipe of a ResNet-34 at 224 pixels for five epochs.
func Default(data string) Recipe {
	return Recipe{Data: data, Labels: "auto", Arch: "resnet34", Weights: "pretrained", Precision: "auto", Epochs: 5, Size: 224, BatchSize: 64,
		Valid: 0.2, Seed: 42, Patience: 5}
}

// Read reads the recipe of a training's folder. The error is fs.ErrNotExist where there is none.
func Read(dir string) (Recipe, error) {
	var r Recipe
	file := filepath.Join(dir, "train.json")
	text, err := diskfile.ReadFile(file)
	if err != nil {
		return r, fmt.Errorf("recipe: there is no training in %s: %w", dir, err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("recipe: %s: %w", file, err)
	}
	return r, r.check()
}

func (r *Recipe) store(dir string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return diskfile.ReplaceBytes(filepath.Join(dir, "train.json"), append(text, '\n'))
}

func (r *Recipe) check() error {
	_, err := models.Get(r.Arch)
	switch {
	case r.Data == "":
		return errors.New("recipe: want a folder or a table of pictures as Data")
	case err != nil:
		return fmt.Errorf("recipe: %w", err)
	case r.Epochs < 1 || r.Size < 1 || r.BatchSize < 1:
		return fmt.Errorf("recipe: %d epochs, size %d, batches of %d: want 1 or more of each", r.Epochs, r.Size, r.BatchSize)
	case !(r.Minutes >= 0) || !(r.LR >= 0) || r.Patience < 0:
		return fmt.Errorf("recipe: %g minutes, learning rate %g, patience %d: want 0 or more of each", r.Minutes, r.LR, r.Patience)
	case !slices.Contains([]string{"fp32", "bf16", "fp16", "auto"}, r.Precision):
		return fmt.Errorf("recipe: precision %q: want fp32, bf16, fp16 or auto", r.Precision)
	case r.InOrder != "" && (r.Weights == "pretrained" || r.Weights == "none"):
		return fmt.Errorf("recipe: InOrder %q is of a file of weights, and Weights is %s", r.InOrder, r.Weights)
	case !(r.Valid > 0 && r.Valid < 1):
		return fmt.Errorf("recipe: %g of the pictures to validate on: want a part between 0 and 1", r.Valid)
	}
	return nil
}

// asked is the recipe without what was found out.
func (r Recipe) asked() Recipe { r.FoundLR, r.FoundEpochs = 0, 0; return r }

// differences lists what two recipes ask for differently.
func differences(before, now Recipe) string {
	a, b := reflect.ValueOf(before.asked()), reflect.ValueOf(now.asked())
	var all []string
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); x != y {
			all = append(all, fmt.Sprintf("%s is %v there, and %v here", a.Type().Field(i).Name, x, y))
		}
	}
	return strings.Join(all, "; ")
}

// An Option changes how a recipe is carried out, not what is trained.
type Option func(*how)

type how struct {
	again bool
	say   func(text string)
	more  []fastlearn.LearnerOption
}

// Again forgets what the folder has, and trains anew.
func Again() Option { return func(h *how) { h.again = true } }

// Say sets what is told on the way: what the labels are, the rate that was found. The default is silent.
func Say(f func(text string)) Option {
	return func(h *how) {
		if f != nil {
			h.say = f
		}
	}
}

// With adds options to the learner, such as a logger or a bar as a callback.
func With(opts ...fastlearn.LearnerOption) Option {
	return func(h *how) { h.more = append(h.more, opts...) }
}

func howOf(opts []Option) (how, error) {
	h := how{say: func(string) {}}
	return h, guard.Options("recipe", opts, func(o Option) { o(&h) })
}

// ModelFile is the exported model of a training's folder.
func ModelFile(dir string) string { return filepath.Join(dir, "model.safetensors") }

// ReportFile is the report of a training's folder.
func ReportFile(dir string) string { return filepath.Join(dir, "report.html") }

// Name names a training by its data, the folder or the table unless that is called labels or train, or by its [ModelFile].
func Name(data string) string {
	if abs, err := filepath.Abs(data); err == nil {
		data = abs
	}
	name := strings.TrimSuffix(filepath.Base(data), filepath.Ext(data))
	if name == "labels" || name == "train" || filepath.Base(data) == ModelFile("") {
		name = filepath.Base(filepath.Dir(data))
	}
	return name
}

func checkpointFile(dir string) string { return filepath.Join(dir, "models", "run.pth") }

func exists(path string) bool { _, err := os.Stat(path); return err == nil }
