// Pictures compares how files are read here and by PIL: every file of a folder and of those below, as it is and turned by its
// orientation. It prints a table of the outcomes by format, and lists the files that differ, those that one side alone reads, and those of
// which the error doesn't tell more than that a decoder gave up. Run it from the root of the repository:
//
//	make compat-pictures DIR=folder
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/vision"
)

func main() {
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: pictures FOLDER")
		os.Exit(2)
	}
	differ, err := run(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
	if differ {
		os.Exit(1)
	}
}

// outcomes are the table's columns: what is made of a file here and by PIL.
var outcomes = []string{same, near, differs, neither, pilAlone, oursAlone, crashed}

const (
	same      = "same"      // no value is more than 2 of 255 levels from PIL's
	near      = "near"      // on average at most 1 level
	differs   = "differs"   // more, or another size
	neither   = "neither"   // reads it
	pilAlone  = "PIL alone" // reads it
	oursAlone = "we alone"  // read it
	crashed   = "panicked"
)

// pilRead is what PIL makes of a file.
type pilRead struct {
	Format, Mode, Error string
	W, H                int
}

// run reports whether a file differs or made a decoder panic.
func run(dir string) (differ bool, err error) {
	var files []string
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if len(files) == 0 {
		return false, fmt.Errorf("there are no files in %s", dir)
	}
	counts, lists := map[string]map[string]int{}, map[string][]string{}
	const batch = 50 // whose pixels are on disk at a time
	for files := range slices.Chunk(files, batch) {
		for _, orient := range []bool{false, true} {
			err := compare(files, orient, func(path, kind, outcome, why string) {
				if orient {
					kind += " turned"
				}
				if counts[kind] == nil {
					counts[kind] = map[string]int{}
				}
				counts[kind][outcome]++
				if outcome != same && outcome != near && (outcome != neither || !orient) {
					lists[outcome] = append(lists[outcome], fmt.Sprintf("%s (%s): %s", path, kind, why))
				}
			})
			if err != nil {
				return false, err
			}
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "format\t"+strings.Join(outcomes, "\t"))
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprint(table, kind)
		for _, o := range outcomes {
			fmt.Fprint(table, "\t", counts[kind][o])
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return false, err
	}
	for _, o := range outcomes {
		if len(lists[o]) > 0 {
			fmt.Printf("\n%s:\n  %s\n", o, strings.Join(lists[o], "\n  "))
		}
	}
	return len(lists[differs])+len(lists[crashed]) > 0, nil
}

// compare tells of each file what is made of it.
func compare(files []string, orient bool, tell func(path, kind, outcome, why string)) error {
	out, err := os.MkdirTemp("", "fastlearn-pictures-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	all, err := readByPIL(files, out, orient)
	if err != nil {
		return err
	}
	for i, path := range files {
		m, err := vision.Decoder{Orient: orient}.Open(path)
		outcome, why := judge(m, err, all[i], filepath.Join(out, fmt.Sprintf("%d.rgb", i)))
		kind := cmp.Or(all[i].Format, strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), "."), "none")
		tell(path, kind, outcome, strings.TrimPrefix(why, "picture "+path+": "))
	}
	return nil
}

func readByPIL(files []string, out string, orient bool) (all []pilRead, err error) {
	python := os.Getenv("FASTLEARN_VENV_PYTHON")
	if python == "" {
		return nil, errors.New("FASTLEARN_VENV_PYTHON is unset: run it by make compat-pictures")
	}
	for i, f := range files {
		if files[i], err = filepath.Abs(f); err != nil {
			return nil, err
		}
	}
	task, err := json.Marshal(map[string]any{"files": files, "out": out, "orient": orient})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, filepath.Join("internal", "parity", "python", "pil.py"))
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(task), os.Stderr
	printed, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("PIL: %w", err)
	}
	if err := json.Unmarshal(printed, &all); err != nil || len(all) != len(files) {
		return nil, fmt.Errorf("PIL told of %d files of %d (%v)", len(all), len(files), err)
	}
	return all, nil
}

// judge compares a picture, or the error, with PIL's.
func judge(m *vision.Image, err error, want pilRead, pixels string) (outcome, why string) {
	switch {
	case err != nil && strings.Contains(err.Error(), "runtime error"):
		return crashed, err.Error()
	case err != nil && want.Error != "":
		return neither, err.Error()
	case err != nil:
		return pilAlone, err.Error()
	case want.Error != "":
		return oursAlone, want.Error
	case m.W != want.W || m.H != want.H:
		return differs, fmt.Sprintf("%d×%d pixels, PIL's %d×%d", m.W, m.H, want.W, want.H)
	}
	data, err := diskfile.ReadFile(pixels)
	if err != nil || len(data) != len(m.Pix) {
		return differs, fmt.Sprintf("%d values, PIL's %d (%v)", len(m.Pix), len(data), err)
	}
	sum, worst := 0, 0
	for i, v := range data {
		d := max(int(v)-int(m.Pix[i]), int(m.Pix[i])-int(v))
		sum, worst = sum+d, max(worst, d)
	}
	mean := float64(sum) / float64(len(data))
	switch {
	case worst <= 2:
		return same, ""
	case mean <= 1:
		return near, ""
	}
	return differs, fmt.Sprintf("mode %s, %.2f levels on average, %d at worst", want.Mode, mean, worst)
}
