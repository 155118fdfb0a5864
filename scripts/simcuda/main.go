// Command simcuda runs whole suites of tests with a simulated GPU as the default device ("make test-simcuda"), and writes what
// passed and what can't, with the reason, into docs/simcuda.jsonl and docs/simcuda.md. Packages that the rows have at this
// commit are passed over. Arguments are packages, relative to the root; the default is all of exceptions.go. With -page alone
// it writes the page from the rows.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "simcuda:", err)
		os.Exit(1)
	}
}

func run(packages []string) error {
	rows, err := readRows()
	if err != nil {
		return err
	}
	if len(packages) == 1 && packages[0] == "-page" {
		return write(rows)
	}
	if os.Getenv("FASTLEARN_CUDA_LIBRARY") == "" {
		return errors.New("the environment names no simulated GPU: use make test-simcuda")
	}
	if len(packages) == 0 {
		packages = slices.Sorted(maps.Keys(exceptions))
	}
	commit, err := headCommit()
	if err != nil {
		return err
	}
	for _, p := range packages {
		if r, ok := rows[p]; ok && r.Commit == commit {
			fmt.Println(p, "has its row of this commit")
			continue
		}
		found, err := runSuite(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		r := found.row()
		r.Package, r.Date, r.Commit = p, time.Now().Format(time.DateOnly), commit
		rows[p] = r
		fmt.Printf("%s: %d of %d pass\n", p, r.Passed, r.Tests)
		for _, name := range r.Failed {
			if reasonOf(p, name) == "" {
				fmt.Printf("%s: %s\n%s\n", name, found.ended[name], strings.Join(found.output[name], ""))
			}
		}
		if err := write(rows); err != nil {
			fmt.Println(err)
		}
	}
	return write(rows)
}

// headCommit names the commit of the working tree, with a plus where files differ from it other than those written here.
func headCommit() (string, error) {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "", err
	}
	changed, err := exec.Command("git", "status", "--porcelain", "--", ".", ":!"+rowsFile, ":!"+pageFile).Output()
	commit := strings.TrimSpace(string(out))
	if len(changed) > 0 {
		commit += "+" + time.Now().Format("150405") // never that of a row
	}
	return commit, err
}
