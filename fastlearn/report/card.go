package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
)

// Card writes a model card about the learner to path, usually "README.md" beside the model's files: Markdown that begins with
// Hugging Face's front matter (library_name, pipeline_tag, tags, metrics and a model-index with the last epoch's metrics), then
// what the model is, its data, results, settings and versions. What Card can't know (the license, what the model is meant for) is marked
// to be filled in. It does what [Write] does to get there; TopLosses and LRFind are errors, since a card shows no pictures.
//
// A file that is there is replaced whole or not at all.
func Card(learn *fastlearn.Learner, path string, opts ...Option) error {
	c := &config{title: cmp.Or(setting(page.Settings(learn), "architecture"), "A model")}
	return c.write("Card", learn, path, opts, func(p *page.Page) ([]byte, error) {
		if c.topLosses != 0 || c.found != nil {
			return nil, errors.New("TopLosses and LRFind are options of Write: a card has no pictures")
		}
		return card(learn, p), nil
	})
}

// card is the text.
func card(learn *fastlearn.Learner, p *page.Page) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	task := "image-classification"
	classes := learn.DLs.Vocab
	if len(classes) == 0 {
		task = "other"
	}
	names, values := lastMetrics(learn.Recorder)

	line("---\nlibrary_name: fastlearn")
	line("# license: fill in, such as apache-2.0")
	if task != "other" {
		line("pipeline_tag: %s", task)
	}
	line("tags:\n- fastlearn\n- pytorch")
	if task != "other" {
		line("- %s", task)
	}
	if len(names) > 0 {
		line("metrics:")
		for _, name := range names {
			line("- %s", quoted(name))
		}
		line("model-index:\n- name: %s\n  results:\n  - task:\n      type: %s\n    dataset:\n      name: validation set\n      type: custom\n    metrics:", quoted(p.Title), task)
		for k, name := range names {
			line("    - type: %s\n      value: %v\n      name: %s", quoted(name), values[k], quoted(strings.ReplaceAll(name, "_", " ")))
		}
	}
	line("---\n\n# %s\n", marked(p.Title))
	line("%s, trained with fastlearn.\n", marked(about(learn, p)))
	line("## Intended use\n\n<!-- What the model is for, and what it isn't: fill in. -->\n")
	line("## Data\n\n%s\n", marked(p.Data.Note))
	if len(classes) > 0 {
		line("<details><summary>The classes</summary>\n\n%s\n\n</details>\n", marked(strings.Join(classes, ", ")))
	}
	line("## Results\n")
	if len(names) > 0 {
		line("On the validation set, after the last epoch:\n")
		table(&b, []string{"metric", "value"}, func(row func(...string)) {
			for k, name := range names {
				row(strings.ReplaceAll(name, "_", " "), fmt.Sprintf("%.4f", values[k]))
			}
		})
	}
	if o := p.Outcome; o != nil {
		if o.Calibration != nil {
			line("%s\n", o.Calibration.Words())
		}
		if len(o.Scores) > 0 {
			line("<details><summary>Each class, the worst F1 first</summary>\n")
			table(&b, o.Heads, func(row func(...string)) {
				for _, s := range o.Scores {
					row(s...)
				}
			})
			line("</details>\n")
		} else if o.Note != "" {
			line("%s\n", marked(o.Note))
		}
	}
	line("## Training\n")
	for _, r := range p.Runs {
		if r.Took != "" {
			line("%s: %s.\n", r.Title, r.Took)
		}
	}
	facts := func(facts []page.Fact) {
		table(&b, []string{"", ""}, func(row func(...string)) {
			for _, f := range facts {
				row(f.Name, f.Value)
			}
		})
	}
	facts(p.Settings)
	line("## Use\n\nA file that `learn.Export` wrote is all that a Go program needs:\n")
	line("```go\np, err := predictor.Load(\"model.safetensors\")\n…\nsaid, err := p.Predict(ctx, \"picture.jpg\")\n```\n")
	line("## Versions\n")
	facts(p.Versions)
	return b.Bytes()
}

// about is what the model is, in a few words.
func about(learn *fastlearn.Learner, p *page.Page) string {
	what := cmp.Or(setting(p.Settings, "architecture"), setting(p.Settings, "model"), "A model")
	switch n := len(learn.DLs.Vocab); {
	case n > 0 && p.Data.Several:
		return fmt.Sprintf("%s for pictures with some of %d labels", what, n)
	case n > 0:
		return fmt.Sprintf("%s for pictures of %d classes", what, n)
	}
	return what
}

func setting(facts []page.Fact, name string) string {
	k := slices.IndexFunc(facts, func(f page.Fact) bool { return f.Name == name })
	if k < 0 {
		return ""
	}
	return facts[k].Value
}

// lastMetrics are the last epoch's metrics that are numbers, without the losses.
func lastMetrics(r *fastlearn.Recorder) (names []string, values []float64) {
	heads := r.ValueNames()
	if len(r.Values) == 0 {
		return nil, nil
	}
	last := r.Values[len(r.Values)-1]
	for k := 2; k < min(len(heads), len(last)); k++ {
		if !math.IsNaN(last[k]) && !math.IsInf(last[k], 0) {
			names, values = append(names, heads[k]), append(values, last[k])
		}
	}
	return names, values
}

// quoted is a YAML scalar of any text.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", "").Replace(strings.ToValidUTF8(s, "�")) + `"`
}

var escapes = strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", "&", "&amp;", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "#", "\\#", "\r", " ", "\n", " ")

// marked is a text that Markdown shows as it is.
func marked(s string) string { return escapes.Replace(strings.ToValidUTF8(s, "�")) }

// table writes a table of Markdown.
func table(b *bytes.Buffer, heads []string, rows func(row func(...string))) {
	row := func(cells ...string) {
		for _, c := range cells {
			b.WriteString("| " + marked(c) + " ")
		}
		b.WriteString("|\n")
	}
	row(heads...)
	b.WriteString("|" + strings.Repeat("---|", len(heads)) + "\n")
	rows(row)
	b.WriteString("\n")
}
