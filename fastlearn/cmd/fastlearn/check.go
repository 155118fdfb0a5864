package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/fastlearn/recipe"
)

func checkCommand() *cobra.Command {
	r := recipe.Default("")
	r.Arch = "resnet18"
	var out string
	var most int
	var filesOnly bool
	c := &cobra.Command{Use: "check DATA", Short: "Looks for bad files, duplicates and wrong labels", Args: args(1, 1, "one folder or table of pictures"),
		Long: `Check looks through pictures before they are trained on. It lists
  files that can't be read as images
  duplicates, also resized or compressed again, and which of them are both trained on and validated on
  labels that the other pictures speak against: those least believed by models that never saw the picture
Nothing is changed. With --out it writes what it would do as a list to look through and edit, which the package clean carries out.`,
		Example: "  fastlearn check flowers\n  fastlearn check flowers --out choices.csv\n  fastlearn check flowers --files-only"}
	f := c.Flags()
	f.StringVarP(&out, "out", "o", "", "write choices to this table")
	f.IntVar(&most, "most", 20, "how many suspicious labels to list")
	f.BoolVar(&filesOnly, "files-only", false, "leave labels alone, for which a pretrained model must run")
	recipeFlags(f, &r)
	c.RunE = func(c *cobra.Command, args []string) error {
		r.Data = args[0]
		var opts []clean.CheckOption
		if filesOnly {
			r.Weights = "none"
		}
		if !quiet {
			opts = append(opts, clean.Progress(func(what string) func(int, int) { return progress.Count(os.Stderr, what) }))
		}
		found, err := r.Check(c.Context(), opts...)
		if err != nil {
			return err
		}
		if out != "" {
			if err := clean.WriteChoices(out, found.Choices(most)); err != nil {
				return err
			}
			say("choices: " + out)
		}
		return found.Print(c.OutOrStdout(), most)
	}
	return c
}
