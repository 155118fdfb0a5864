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
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/parity"
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
	made, err := parity.Now()
	if err != nil {
		return err
	}
	for _, p := range packages {
		if r, ok := rows[p]; ok && r.Commit == made.Commit && made.Clean() {
			fmt.Println(p, "has its row of this commit")
			continue
		}
		found, err := runSuite(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		r := found.row()
		r.Package, r.Made = p, made
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
