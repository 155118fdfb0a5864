package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/fastlearn/recipe"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
)

const trainLong = `Train fine-tunes a pretrained model on pictures, as fastai's fine_tune does: first its head, then all of it.

DATA is one of
  a folder of pictures with a folder for each class
  a folder with folders train and valid, which have a folder for each class
  a table (.csv) with heads: files, then labels; a column is_valid says what to validate on
Whether a picture has one class, several labels or numbers is recognised; --labels overrides it.

The learning rate is found by trying rates, and training ends early when validation gets no better.
These files go to --out:
  model.safetensors     the model to predict and serve with
  models/model.pth      its weights, for PyTorch and fastai
  report.html           what was learnt, confused and missed
  history.csv           the numbers of each epoch
  lr_find.csv           the learning rates that were tried
  train.json            what was asked for

Ctrl-C finishes the batch in hand and saves; the same line goes on from there. Ctrl-C twice ends it at once.`

// recipeFlags are those of all that look at a recipe's data.
func recipeFlags(f *pflag.FlagSet, r *recipe.Recipe) {
	f.StringVar(&r.Arch, "arch", r.Arch, "the architecture")
	f.StringVar(&r.Weights, "weights", r.Weights, "pretrained (published, downloaded once), none, or a file of weights")
	f.StringVar(&r.InOrder, "in-order", "", "of weights with another library's names: take all in their order but the head's, which begin with this, such as _fc.")
	f.IntVar(&r.Size, "size", r.Size, "width and height that the model sees, in pixels")
	f.StringVar(&r.Labels, "labels", r.Labels, "one, several, numbers, or auto to recognise them")
	f.Float64Var(&r.Valid, "valid", r.Valid, "the part to validate on, where DATA doesn't say")
	f.Uint64Var(&r.Seed, "seed", r.Seed, "of the split and all that is random")
}

func trainCommand() *cobra.Command {
	r := recipe.Default("")
	var out string
	var again bool
	c := &cobra.Command{Use: "train DATA", Short: "Trains a model on a folder or a table of pictures", Long: trainLong, Args: args(1, 1, "one folder or table of pictures"),
		Example: "  fastlearn train flowers\n  fastlearn train flowers --arch resnet50 --minutes 30\n  fastlearn train planet/labels.csv --size 128 --epochs 10"}
	f := c.Flags()
	recipeFlags(f, &r)
	f.StringVarP(&out, "out", "o", "", "where files go (default trained/ and the name of DATA)")
	f.IntVar(&r.Epochs, "epochs", r.Epochs, "how often to see each picture, after one epoch of the head alone")
	f.Float64Var(&r.Minutes, "minutes", 0, "about how long to train, instead of --epochs")
	f.IntVar(&r.BatchSize, "batch-size", r.BatchSize, "pictures in a batch")
	f.StringVar(&r.Precision, "precision", r.Precision, "fp32, bf16, fp16, or auto: fp16 on a GPU and fp32 without")
	f.Float64Var(&r.LR, "lr", 0, "the learning rate (default: found)")
	f.IntVar(&r.Patience, "patience", r.Patience, "epochs without a better validation loss after which it ends; 0 never ends early")
	f.BoolVar(&again, "again", false, "forget what --out has, and train anew")
	c.RunE = func(c *cobra.Command, args []string) error {
		r.Data = args[0]
		out = cmp.Or(out, filepath.Join("trained", recipe.Name(r.Data)))
		var show fastlearn.LearnerOption = fastlearn.Callbacks(progress.Bar(os.Stdout))
		if quiet {
			show = fastlearn.Logger(nil)
		}
		opts := []recipe.Option{recipe.Say(say), recipe.With(show)}
		if again {
			opts = append(opts, recipe.Again())
		}
		if err := r.Train(c.Context(), out, opts...); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s\n%s\n", recipe.ModelFile(out), recipe.ReportFile(out))
		say("next: fastlearn predict -m " + out + " PICTURE…, or fastlearn serve " + out)
		return nil
	}
	return c
}

// folder is a training's: the one that was named, which by begins, or the only one below trained.
func folder(args []string, by string) (string, error) {
	if len(args) > 0 && args[0] != "" {
		return args[0], nil
	}
	found, _ := filepath.Glob(filepath.Join("trained", "*", "train.json")) // the pattern is a good one
	switch {
	case len(found) == 0:
		return "", errors.New("there is no training below ./trained: begin one by fastlearn train, or name its folder")
	case len(found) > 1:
		return "", fmt.Errorf("there are %d trainings below ./trained: name one, such as by %s%s", len(found), by, filepath.Dir(found[0]))
	}
	return filepath.Dir(found[0]), nil
}

// model is what to predict with: a file, or that of a training's folder.
func model(args []string, by string) (string, error) {
	dir, err := folder(args, by)
	return within(dir, recipe.ModelFile), err
}

// within is a path, or of a folder one of its files.
func within(path string, file func(dir string) string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return file(path)
	}
	return path
}

func reportCommand() *cobra.Command {
	var out, title string
	var losses int
	c := &cobra.Command{Use: "report [FOLDER [OTHER]]", Short: "Writes the page about a training again, or compares two", Args: args(0, 2, "one training's folder, or two to compare, or none"),
		Long: `Report writes report.html again: the table, the curves, what is confused and the worst pictures, in one file to open from disk
or to send. FOLDER is that of a training, and can be left out where trained has one alone. The pictures must be where they were.
Where --out ends in .md it writes a model card in its place: a README for Hugging Face's Hub.

Of two trainings it writes compare.html: their curves, what each class gained or lost, the settings that differ. Each is a folder, a
report.html or a history.csv; no picture is needed.`,
		Example: "  fastlearn report --title Flowers\n  fastlearn report -o README.md\n  fastlearn report trained/small trained/large"}
	c.Flags().StringVarP(&out, "out", "o", "", "the page (default report.html in FOLDER, of two compare.html)")
	c.Flags().StringVar(&title, "title", "", "the page's title (default the name of the data)")
	c.Flags().IntVar(&losses, "top-losses", 24, "how many of the worst pictures it shows")
	c.RunE = func(c *cobra.Command, args []string) (err error) {
		var opts []report.Option
		if title != "" {
			opts = append(opts, report.Title(title))
		}
		if c.Flags().Changed("top-losses") {
			opts = append(opts, report.TopLosses(losses))
		}
		if len(args) == 2 {
			if out = cmp.Or(out, "compare.html"); opts != nil {
				return errors.New("--title and --top-losses are for one training")
			}
			err = report.Compare(within(args[0], recipe.ReportFile), within(args[1], recipe.ReportFile), out)
		} else {
			dir, missing := folder(args, "")
			if missing != nil {
				return missing
			}
			out = cmp.Or(out, recipe.ReportFile(dir))
			err = recipe.Report(c.Context(), dir, out, opts...)
		}
		if err == nil {
			fmt.Fprintln(c.OutOrStdout(), out)
		}
		return err
	}
	return c
}

func exportCommand() *cobra.Command {
	var out, weights string
	c := &cobra.Command{Use: "export [FOLDER]", Short: "Writes a training's model to one file to predict with", Args: args(0, 1, "one training's folder, or none"),
		Long: `Export writes a file with all that prediction needs, and nothing executable: weights, classes and transforms. Train writes one
itself; this is for other weights in the training's folder, such as the best so far of one that isn't finished.`,
		Example: "  fastlearn export trained/flowers --weights best -o flowers.safetensors"}
	c.Flags().StringVarP(&out, "out", "o", "", "the file (default model.safetensors in FOLDER)")
	c.Flags().StringVar(&weights, "weights", "model", "which of FOLDER/models to take: model, best, run, or another name")
	c.RunE = func(c *cobra.Command, args []string) error {
		dir, err := folder(args, "")
		if err != nil {
			return err
		}
		file, err := recipe.Export(dir, weights, cmp.Or(out, recipe.ModelFile(dir)))
		if err == nil {
			fmt.Fprintln(c.OutOrStdout(), file)
		}
		return err
	}
	return c
}
