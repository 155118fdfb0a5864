// Package main is fastlearn, a command that trains, predicts, serves and checks without a line of Go.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/internal/version"
	"github.com/fastlearn-go/fastlearn/torch"
)

const about = `fastlearn trains models that tell what pictures show, and puts them to use.

  fastlearn train flowers                  a folder of pictures for each class, or a table
  fastlearn predict rose.jpg               what a picture shows
  fastlearn serve                          a page to drop pictures on, and an API
  fastlearn check flowers                  files that can't be read, duplicates, wrong labels

Models go to trained/NAME below the current folder, where the other commands look for them.`

var quiet bool

func root() *cobra.Command {
	c := &cobra.Command{Use: "fastlearn", Short: "Trains models of pictures, and puts them to use", Long: about, Version: version.Fastlearn,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.PersistentFlags().BoolVarP(&quiet, "quiet", "q", false, "print results and errors alone")
	c.AddCommand(trainCommand(), predictCommand(), serveCommand(), reportCommand(), checkCommand(), inspectCommand(), exportCommand(), &cobra.Command{
		Use: "info", Short: "Prints versions, processors and GPUs", Args: cobra.NoArgs,
		Long: "Info prints the version of fastlearn, and which libtorch it runs on, with what: send it along with questions.",
		Run: func(c *cobra.Command, _ []string) {
			fmt.Fprintf(c.OutOrStdout(), "fastlearn %s\n%v", version.Fastlearn, torch.Info())
		},
	})
	return c
}

// Ctrl-C once lets a batch, or requests that run, end; twice ends the program at once.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		progress.Above(func() {
			fmt.Fprintln(os.Stderr, "\nfastlearn: it ends after what is in hand; Ctrl-C again ends it at once")
		})
		<-again
		fmt.Fprintln(os.Stderr, "\nfastlearn: ended at once, without saving what was in hand")
		os.Exit(130)
	})
	c := root()
	c.SetArgs(dashes(c, os.Args[1:]))
	err := c.ExecuteContext(ctx)
	if err != nil && err != context.Canceled {
		fmt.Fprintln(os.Stderr, "fastlearn:", strings.TrimPrefix(strings.TrimPrefix(err.Error(), "fastlearn: "), "recipe: "))
	}
	switch {
	case ctx.Err() != nil:
		os.Exit(130) // as a shell has it after Ctrl-C
	case err != nil:
		os.Exit(1)
	}
}

// dashes takes long flags with one dash, as Go's own, for what they are: -json is --json.
func dashes(c *cobra.Command, args []string) []string {
	args = slices.Clone(args)
	sub, _, err := c.Find(args)
	if err != nil {
		return args
	}
	sub.InheritedFlags() // adds them to its own
	for i, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if arg == "--" {
			break
		}
		if strings.HasPrefix(arg, "-") && len(name) > 1 && sub.Flags().Lookup(name) != nil {
			args[i] = "-" + arg
		}
	}
	return args
}

// args says what a command wants in place of cobra's numbers.
func args(least, most int, want string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s wants %s; %s --help says more", c.CommandPath(), want, c.CommandPath())
		}
		return nil
	}
}

// say prints what isn't a result, unless -q forbids it.
func say(text string) {
	if !quiet {
		fmt.Fprintln(os.Stderr, text)
	}
}
