package fastlearn

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Cleaning is what choices come to in a folder of pictures with a folder for each class. Making
// one changes nothing; its String says what would be done, a line for each picture.
type Cleaning struct {
	dir   string
	moves []cleaned
	gone  []string // paths to remove, below dir
	// Missing are the files that aren't there, such as those that were moved by the same choices
	// before: nothing is done about them.
	Missing []string
}

// cleaned is a file to be moved, both paths below the folder.
type cleaned struct{ from, to string }

// PlanCleaning looks at what choices mean for the pictures in dir, and changes nothing. A picture
// that gets another class will be moved to that class's folder, beside the folder it is in,
// which must have the name of the label it was given. It is an error, and there is no plan, if a
// path is not inside dir (a relative one starts where the program runs, as those of loaders do),
// if a class has no folder, if a file of the same name is there already, or if two choices
// contradict each other.
func PlanCleaning(dir string, choices []Choice) (*Cleaning, error) {
	c := &Cleaning{dir: dir}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("fastlearn: cleaning: %w", err)
	}
	defer root.Close()
	chosen, taken := map[string]string{}, map[string]string{}
	for _, one := range choices {
		if err := c.plan(root, one, chosen, taken); err != nil {
			return nil, fmt.Errorf("fastlearn: cleaning %s: %w", dir, err)
		}
	}
	return c, nil
}

// plan adds a choice; chosen are the choices of each path so far, taken the files that moves will make.
func (c *Cleaning) plan(root *os.Root, one Choice, chosen, taken map[string]string) error {
	if err := one.check(); err != nil {
		return err
	}
	path, err := below(c.dir, one.Path)
	if err != nil {
		return err
	}
	if before, twice := chosen[path]; twice {
		if before == one.Choice {
			return nil
		}
		return fmt.Errorf("%s: it has two choices, %q and %q", one.Path, before, one.Choice)
	}
	chosen[path] = one.Choice
	class, moved := one.Class()
	if one.Choice == Keep || moved && class == one.Label {
		return nil
	}
	to, err := "", error(nil)
	if moved {
		if to, err = target(root, path, one.Label, class); err != nil {
			return fmt.Errorf("%s: %w", one.Path, err)
		}
	}
	info, err := root.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Missing = append(c.Missing, one.Path)
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s: it is a folder, not a picture", one.Path)
	case !moved:
		c.gone = append(c.gone, path)
		return nil
	}
	if other, clash := taken[to]; clash {
		return fmt.Errorf("%s: it would become the same file as %s", one.Path, other)
	}
	if _, err := root.Lstat(to); err == nil {
		return fmt.Errorf("%s: class %q has a file of this name already", one.Path, class)
	}
	taken[to] = one.Path
	c.moves = append(c.moves, cleaned{path, to})
	return nil
}

// below is a path's place in dir, which it must not leave.
func below(dir, path string) (string, error) {
	base, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(base, full)
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		return "", fmt.Errorf("%s: it is not inside the folder", path)
	}
	return rel, nil
}

// target is where a file of a class is moved to when it gets another.
func target(root *os.Root, path, label, class string) (string, error) {
	if class != filepath.Base(class) || !filepath.IsLocal(class) || class == "." || strings.ContainsRune(class, 0) {
		return "", fmt.Errorf("%q can't be a folder's name", class)
	}
	folder := filepath.Dir(path)
	if filepath.Base(folder) != label {
		return "", fmt.Errorf("it is labelled %q but not in a folder of this name: its label comes from elsewhere, and is changed there", label)
	}
	into := filepath.Join(filepath.Dir(folder), class)
	if info, err := root.Stat(into); err != nil || !info.IsDir() {
		return "", fmt.Errorf("there is no folder %s for the class: make it first if it is one", into)
	}
	return filepath.Join(into, filepath.Base(path)), nil
}

// String says what would be done, a line for each picture; paths are below the folder.
func (c *Cleaning) String() string {
	var b strings.Builder
	for _, m := range c.moves {
		fmt.Fprintf(&b, "move %s to %s\n", m.from, m.to)
	}
	for _, path := range c.gone {
		fmt.Fprintf(&b, "delete %s\n", path)
	}
	for _, path := range c.Missing {
		fmt.Fprintf(&b, "missing: %s\n", path)
	}
	if b.Len() == 0 {
		return "nothing to do\n"
	}
	return b.String()
}

// MoveFiles moves the pictures that got another class into its folder, and returns how many. No file
// is overwritten. An error ends it; what was moved stays moved, and the same choices may be planned again.
func (c *Cleaning) MoveFiles() (n int, err error) {
	return c.each(len(c.moves), func(root *os.Root, i int) error {
		m := c.moves[i]
		if _, err := root.Lstat(m.to); err == nil { // made since the plan
			return fmt.Errorf("move %s: %s is there already", m.from, m.to)
		}
		return root.Rename(m.from, m.to)
	})
}

// DeleteFiles removes the pictures that were chosen to be deleted from the disk, for good, and
// returns how many.
func (c *Cleaning) DeleteFiles() (n int, err error) {
	return c.each(len(c.gone), func(root *os.Root, i int) error { return root.Remove(c.gone[i]) })
}

// each does n steps below the folder until one fails. An [os.Root] can't be led out of it, by links neither.
func (c *Cleaning) each(n int, step func(*os.Root, int) error) (int, error) {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return 0, fmt.Errorf("fastlearn: cleaning: %w", err)
	}
	defer root.Close()
	for i := range n {
		if err := step(root, i); err != nil {
			return i, fmt.Errorf("fastlearn: cleaning %s: %w", c.dir, err)
		}
	}
	return n, nil
}
