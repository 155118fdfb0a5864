package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/internal/columns"
	"github.com/fastlearn-go/fastlearn/vision"
)

// answer is what a line of predict's output tells of a picture.
type answer struct {
	File string `json:"file"`
	predictor.Prediction
	Error string `json:"error,omitempty"`
}

func predictCommand() *cobra.Command {
	var name string
	var asJSON, asCSV, tta bool
	c := &cobra.Command{Use: "predict PICTURE|FOLDER…", Short: "Tells what pictures show", Args: args(1, 1<<30, "pictures or folders"),
		Long: `Predict tells what pictures show, those in folders too: a table of the likeliest classes, or everything as JSON (an object
on each line) or CSV (a column for each class). A picture that can't be read has its error in its line and harms no other.`,
		Example: "  fastlearn predict rose.jpg\n  fastlearn predict -m trained/flowers holidays --csv > holidays.csv"}
	c.Flags().StringVarP(&name, "model", "m", "", "the model: a file, or a training's folder (default the only one below trained)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&asCSV, "csv", false, "print CSV")
	c.Flags().BoolVar(&tta, "tta", false, "look at each picture and its mirror image, and average (twice the time)")
	c.MarkFlagsMutuallyExclusive("json", "csv")
	c.RunE = func(c *cobra.Command, args []string) error {
		files, err := pictures(args)
		if err != nil {
			return err
		}
		file, err := model([]string{name}, "-m ")
		if err != nil {
			return err
		}
		var opts []predictor.Option
		if tta {
			opts = append(opts, predictor.TTA())
		}
		p, err := predictor.Load(file, opts...)
		if err != nil {
			return err
		}
		defer p.Close()
		show := textOut(p.Vocab())
		switch {
		case asJSON:
			show = jsonOut
		case asCSV:
			show = csvOut(p.Vocab())
		}
		const chunk = 256 // so that folders of any size show progress, and take no more memory
		bad, count := 0, func(int, int) {}
		if !quiet && len(files) > chunk {
			count = progress.Count(os.Stderr, "predicting")
		}
		for i := 0; i < len(files); i += chunk {
			part := files[i:min(i+chunk, len(files))]
			var answers []answer
			for k, r := range p.PredictAll(c.Context(), part) {
				a := answer{File: part[k], Prediction: r.Prediction}
				if r.Err != nil {
					if c.Context().Err() != nil {
						return c.Context().Err()
					}
					bad++
					a.Error = r.Err.Error()
				}
				answers = append(answers, a)
			}
			if err := show(c.OutOrStdout(), answers, i == 0); err != nil {
				return err
			}
			count(i+len(part), len(files))
		}
		if bad > 0 {
			return fmt.Errorf("%d of %d pictures could not be predicted", bad, len(files))
		}
		return nil
	}
	return c
}

// pictures lists files, and those in folders.
func pictures(args []string) (files []string, err error) {
	for _, arg := range args {
		found := []string{arg}
		info, err := os.Stat(arg)
		if err == nil && info.IsDir() {
			found, err = vision.GetImageFiles(arg)
		}
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

func jsonOut(w io.Writer, answers []answer, _ bool) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, a := range answers {
		var line any = a
		if a.Error != "" {
			line = map[string]string{"file": a.File, "error": a.Error}
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func csvOut(vocab []string) func(io.Writer, []answer, bool) error {
	return func(w io.Writer, answers []answer, first bool) error {
		out := csv.NewWriter(w)
		if first {
			_ = out.Write(append([]string{"file", "label", "error"}, vocab...)) // out remembers its first error
		}
		for _, a := range answers {
			row := []string{a.File, a.Label, a.Error}
			for _, p := range a.Probs {
				row = append(row, strconv.FormatFloat(p, 'g', 6, 64))
			}
			_ = out.Write(append(row, make([]string, max(3+len(vocab)-len(row), 0))...))
		}
		out.Flush()
		return out.Error()
	}
}

// textOut prints a table: the label, how sure the model is, and what else it may be.
func textOut(vocab []string) func(io.Writer, []answer, bool) error {
	return func(w io.Writer, answers []answer, first bool) error {
		var heads []string
		var rows [][]string
		if first {
			heads = []string{"picture", "label", "sure", "or else"}
		}
		for _, a := range answers {
			sure, others := "", []string{}
			switch {
			case a.Error != "":
				others = append(others, a.Error)
			case len(vocab) > 0:
				if a.Index >= 0 {
					sure = fmt.Sprintf("%.1f %%", 100*a.Probs[a.Index])
				}
				for _, i := range a.Top(3) {
					if i != a.Index && !slices.Contains(a.Labels, vocab[i]) {
						others = append(others, fmt.Sprintf("%s"+columns.Joint+"%.1f"+columns.Joint+"%%", vocab[i], 100*a.Probs[i]))
					}
				}
			}
			rows = append(rows, []string{a.File, a.Label, sure, strings.Join(others, ", ")})
		}
		return columns.Print(w, heads, rows)
	}
}
