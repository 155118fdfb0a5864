package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// build returns the flag by which the tests of torch and its packages make tensors on cuda:0 where no device is chosen. Those of
// fastlearn need none: loaders put their batches on the first GPU, and learners follow.
func build(dir string) string {
	if dir == "torch" || strings.HasPrefix(dir, "torch/") {
		return "-ldflags=-X github.com/fastlearn-go/fastlearn/torch.unplacedName=cuda:0"
	}
	return "-ldflags="
}

// outcome is what the tests of a package did, by name; of those with subtests by the subtests' names as well.
type outcome struct {
	tests  []string            // the listed ones
	ended  map[string]string   // "pass", "fail", "skip", or "crash" of the one that ended the process
	output map[string][]string // of those that don't pass
}

// runSuite runs every test of a package. A test that ends the process is noted, and the others go on in a new one.
func runSuite(dir string) (*outcome, error) {
	all := &outcome{ended: map[string]string{}, output: map[string][]string{}}
	list, err := exec.Command("go", "test", build(dir), "-list", "^(Test|Example|Fuzz)", "./"+dir).Output()
	if err != nil {
		return nil, err
	}
	for name := range strings.Lines(string(list)) {
		if name = strings.TrimSpace(name); !strings.Contains(name, "\t") && !strings.HasPrefix(name, "ok ") {
			all.tests = append(all.tests, name)
		}
	}
	for {
		var left []string
		for _, name := range all.tests {
			if all.ended[name] == "" {
				left = append(left, name)
			}
		}
		if len(left) == 0 {
			return all, nil
		}
		running, err := all.run(dir, left)
		if err != nil {
			return nil, err
		}
		for _, name := range running {
			all.ended[name] = "crash"
			fmt.Println("crash", dir, name)
		}
		if len(running) == 0 && slices.ContainsFunc(left, func(name string) bool { return all.ended[name] == "" }) {
			return nil, errors.New("the tests ended before all of them had begun")
		}
	}
}

// run runs tests in one process, and returns those that had begun and not ended when that did.
func (o *outcome) run(dir string, tests []string) (running []string, err error) {
	var quoted []string
	for _, name := range tests {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	cmd := exec.Command("go", "test", "-json", "-count=1", "-timeout=60m", build(dir), "-run", "^("+strings.Join(quoted, "|")+")$", "./"+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	begun := map[string]bool{}
	died := ""
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			if err != io.EOF {
				return nil, err
			}
			break
		}
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(line, &e) != nil || e.Test == "" {
			continue
		}
		switch e.Action {
		case "run":
			begun[e.Test] = true
		case "output":
			o.output[e.Test] = append(o.output[e.Test], e.Output)
			if strings.HasPrefix(e.Output, "panic: ") || strings.HasPrefix(e.Output, "fatal error: ") || strings.HasPrefix(e.Output, "SIG") {
				died = e.Test
			}
		case "pass", "fail", "skip":
			if o.ended[e.Test] = e.Action; e.Action == "pass" {
				delete(o.output, e.Test)
			}
			delete(begun, e.Test)
		}
	}
	_ = cmd.Wait() // a test that fails is in the events
	if died != "" {
		// go test calls those that had begun failed, as it does the one that died.
		top, _, _ := strings.Cut(died, "/")
		for name := range o.ended {
			if name == top || strings.HasPrefix(name, top+"/") {
				delete(o.ended, name)
			}
		}
		return []string{top}, nil
	}
	for name := range begun {
		if !strings.Contains(name, "/") {
			running = append(running, name)
		}
	}
	return running, nil
}

// failures are the tests and subtests that failed, of which none below failed.
func (o *outcome) failures() (names []string) {
	for name, how := range o.ended {
		if how != "fail" && how != "crash" {
			continue
		}
		deepest := true
		for other, how := range o.ended {
			deepest = deepest && !(how == "fail" && strings.HasPrefix(other, name+"/"))
		}
		if deepest {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// why is the text of a test that was skipped.
func (o *outcome) why(name string) string {
	for _, line := range slices.Backward(o.output[name]) {
		if at := regexp.MustCompile(`^\s+\S+\.go:\d+: `).FindString(line); at != "" {
			return strings.TrimSpace(strings.TrimPrefix(line, at))
		}
	}
	return ""
}
