// Flowers is fastai's article on Oxford Flowers-102, from the pictures to their names, in
// steps that can be run one by one.
//
//	go run ./examples/flowers                     # the article's core, small, on flowers it draws itself
//	go run ./examples/flowers all                 # all of it
//	go run ./examples/flowers -data flowers102 all   # the article itself: 345 MB are downloaded; for a GPU
//	go run ./examples/flowers -data DIR           # on your pictures, a folder a class
//	go run ./examples/flowers -data DIR train     # one step; -h lists them
//
// Each step is a process of its own, so what it needs of the ones before it comes from
// files. Models, figures and results.csv go to -out. Ctrl-C ends a training within a batch or
// two and saves what there is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

// step is a part of the article, of its core or not.
type step struct {
	name, about string
	core        bool
	run         func(*flow, context.Context) error
}

var steps = []step{
	{"look", "sizes of the pictures, random crops, batches", true, (*flow).look},
	{"baseline", "a model of pictures that are only resized", true, (*flow).baseline},
	{"train", "presizing, rate finder, fine-tuning, one cycle; saves the model", true, (*flow).train},
	{"predict", "what the model confuses; exports it and predicts a picture", true, (*flow).predict},
	{"resume", "reads the model and trains on", false, (*flow).resume},
	{"deeper", "a deeper model in mixed precision; saves it", false, (*flow).deeper},
	{"interpret", "what the deeper model says and confuses", false, (*flow).interpret},
	{"next", "test-time augmentation, mixup, label smoothing, growing pictures", false, (*flow).next},
	{"results", "the table of all steps", true, (*flow).results},
}

func main() {
	var s settings
	flag.Usage = usage
	s.register(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, s, flag.Args())
	var exit *exec.ExitError
	switch {
	case err == nil:
		return
	case !errors.As(err, &exit): // else the step has said why
		fmt.Fprintln(os.Stderr, "flowers:", err)
	}
	if ctx.Err() != nil {
		os.Exit(130) // as a shell has it after Ctrl-C
	}
	os.Exit(1)
}

func usage() {
	fmt.Fprintf(os.Stderr, "usage: flowers [flags] [step …|all]\n\nsteps, those with a star without one:\n")
	for _, s := range steps {
		fmt.Fprintf(os.Stderr, "%s %-10s %s\n", map[bool]string{true: "*", false: " "}[s.core], s.name, s.about)
	}
	fmt.Fprintf(os.Stderr, "\nflags:\n")
	flag.PrintDefaults()
}

// run runs the steps that are named, or each step in a process of its own.
func run(ctx context.Context, s settings, names []string) error {
	var chosen []step
	all := len(names) == 1 && names[0] == "all"
	if all {
		names = nil
	}
	for _, name := range names {
		found, ok := stepByName(name)
		if !ok {
			return fmt.Errorf("there is no step %q: want %s", name, stepNames())
		}
		chosen = append(chosen, found)
	}
	f, err := newFlow(ctx, s)
	if err != nil {
		return err
	}
	for _, st := range chosen {
		fmt.Printf("\n── %s: %s\n\n", st.name, st.about)
		if err := st.run(f, ctx); err != nil {
			return err
		}
	}
	if len(chosen) > 0 {
		return nil
	}
	var rest []string
	for _, st := range steps {
		if !all && !st.core {
			rest = append(rest, st.name)
			continue
		}
		if err := runProcess(ctx, st.name, all); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		fmt.Printf("\nThat was the article's core. The rest, with the same flags: flowers %s; or flowers all\n", strings.Join(rest, " "))
	}
	return nil
}

// runProcess runs this program again for one step, with the same flags.
func runProcess(ctx context.Context, step string, all bool) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	flags := os.Args[1:]
	if all { // the last argument
		flags = flags[:len(flags)-1]
	}
	cmd := exec.CommandContext(ctx, program, append(flags[:len(flags):len(flags)], step)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it saves and ends
	return cmd.Run()
}

func stepByName(name string) (step, bool) {
	for _, s := range steps {
		if s.name == name {
			return s, true
		}
	}
	return step{}, false
}

func stepNames() string {
	var names []string
	for _, s := range steps {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}
