// Bench measures fastlearn and Python side by side: each figure in turns, five rounds
// or more, in one run on one machine.
//
//	go run ./scripts/bench [-rounds 5] [group,…]
//
// A group may be followed by a slash and the beginning of its figures' names: predict/resnet18.
//
// The groups gpu and gpu-fastai are measured where a GPU is or where they are named. In the group
// parallel the other side is ours too: plain runs, so that the ratio is the scaling efficiency.
//
// It prints a line a figure: its name, ours, theirs, the ratio of medians (above 1 is
// better than Python), the target, and whether it is met; the same as JSON lines in
// build/bench.jsonl. Other work on the machine disturbs both sides alike, but not each
// round alike: run it alone.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// figure is one thing to measure. Ours and Python's measurement of one round are costs,
// seconds or bytes, of the same work.
type figure struct {
	group, name string
	unit        string  // empty for seconds
	target      float64 // the least ratio of Python's cost to ours; 0 where nothing was promised
	// open prepares our side and returns what measures one round and what cleans up.
	open func() (measure func() (float64, error), close func(), err error)
	// roofline measures the least that our side's work can cost; nil where none is known.
	roofline func() (float64, error)
	// theirs measures Python's side; nil is the figure of that name in bench.py.
	theirs func() (float64, error)
	// rivals are several others in place of theirs, each with a line of its own.
	rivals []rival
	// loops are how many busy loops run while Python's side is measured.
	loops int
	// once is true of what doesn't vary from round to round, such as sizes.
	once bool
	// needs tells what this machine lacks for the figure to say anything; nil is nothing.
	needs func() error
}

// result is a figure's line in build/bench.jsonl.
type result struct {
	Figure string    `json:"figure"`
	Unit   string    `json:"unit"`
	Ours   []float64 `json:"ours"`
	Theirs []float64 `json:"theirs"`
	Floor  []float64 `json:"roofline,omitempty"`
	Ratio  float64   `json:"ratio"`
	Target float64   `json:"target"`
	Met    bool      `json:"met"`
}

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "measurements of each side, 5 or more")
	out := flag.String("out", "build/bench.jsonl", "where the JSON lines go")
	what := flag.String("child", "", "used by the program itself: be a process that is measured")
	gpu.flags()
	flag.Parse()
	if *what != "" {
		if err := child(*what); err != nil {
			log.Fatal("bench: ", err)
		}
		return
	}
	if err := run(max(*rounds, 5), flag.Arg(0), *out); err != nil {
		log.Fatal("bench: ", err)
	}
}

func run(rounds int, groups, out string) error {
	chosen := choose(groups)
	if len(chosen) == 0 {
		return fmt.Errorf("no group or figure %q: the groups are %s", groups, strings.Join(groupNames(), ", "))
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return err
	}
	lines, err := os.Create(out)
	if err != nil {
		return err
	}
	defer lines.Close()
	var python *worker
	defer func() { python.close() }()
	fmt.Printf("%-60s %12s %12s %7s %7s\n", "figure", "ours", "theirs", "ratio", "target")
	for _, f := range chosen {
		if f.needs != nil {
			if lacks := f.needs(); lacks != nil {
				notApplicable(f.group+"/"+f.name, lacks)
				continue
			}
		}
		if f.theirs == nil && f.rivals == nil {
			if python, err = python.to(pythonSide(f.group)); err != nil {
				return err
			}
		}
		results, err := measure(f, python, rounds)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", f.group, f.name, err)
		}
		for _, r := range results {
			r.print()
			if err := json.NewEncoder(lines).Encode(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose returns the figures of groups, or of a name's beginning.
func choose(what string) (chosen []figure) {
	all := strings.Split(what, ",")
	if slices.ContainsFunc(figures, func(f figure) bool { return begins(f, what) }) { // names have commas, too
		all = []string{what}
	}
	for _, f := range figures {
		if what == "" && (!isGPU(f.group) || torch.CUDADeviceCount() > 0) ||
			slices.ContainsFunc(all, func(w string) bool { return w == f.group || begins(f, w) }) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// begins tells whether what is a group, a slash and the beginning of the figure's name.
func begins(f figure, what string) bool {
	return strings.Contains(what, "/") && strings.HasPrefix(f.group+"/"+f.name, what)
}

func notApplicable(name string, lacks error) {
	fmt.Printf("%-60s not applicable: %v\n", name, lacks)
}

func (r *result) print() {
	verdict := "short"
	switch {
	case r.Target == 0:
		verdict = ""
	case r.Met:
		verdict = "met"
	}
	fmt.Printf("%-60s %12s %12s %7.2f %7.2f %s\n", r.Figure, human(median(r.Ours), r.Unit), human(median(r.Theirs), r.Unit), r.Ratio, r.Target, verdict)
	if len(r.Floor) > 0 {
		fmt.Printf("%-60s %12s: %.0f %% of it is reached\n", "  roofline", human(median(r.Floor), r.Unit), 100*median(r.Floor)/median(r.Ours))
	}
}

func median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

func human(v float64, unit string) string {
	switch {
	case unit == "bytes":
		return fmt.Sprintf("%.0f MB", v/1e6)
	case v < 1e-3:
		return fmt.Sprintf("%.2f µs", v*1e6)
	case v < 1:
		return fmt.Sprintf("%.2f ms", v*1e3)
	}
	return fmt.Sprintf("%.2f s", v)
}

func groupNames() []string {
	var names []string
	for _, f := range figures {
		if !slices.Contains(names, f.group) {
			names = append(names, f.group)
		}
	}
	return names
}
