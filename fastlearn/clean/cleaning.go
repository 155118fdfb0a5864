package clean

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Cleaning is what choices come to in a folder of pictures with a folder for each class. Making
// one changes nothing; its String says what would be done, a line for each picture.
type Cleaning struct {
	dir   string // absolute, since the program may go elsewhere between a plan and its deeds
	moves []cleaned
	gone  []string // paths to remove, below dir
	// Missing are the files that aren't there, such as those that were moved by the same choices
	// before: nothing is done about them.
	Missing []string
}

// cleaned is a file to be moved, both paths below the folder.
type cleaned struct{ from, to string }

// Plan looks at what choices mean for the pictures in dir, and changes nothing. A picture
// that gets another class will be moved to that class's folder, beside the folder it is in,
// which must have the name of the label it was given. It is an error, and there is no plan, if a
// path is not inside dir (a relative one starts where the program runs, as those of loaders do),
// if a class has no folder, if a file of the same name is there already, if a picture is a link
// that would lead elsewhere from its new place, or if two choices contradict each other.
func Plan(dir string, choices []Choice) (*Cleaning, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("clean: cleaning: %w", err)
	}
	c := &Cleaning{dir: full}
	root, err := diskfile.OpenRoot(full)
	if err != nil {
		return nil, fmt.Errorf("clean: cleaning: %w", err)
	}
	defer root.Close()
	chosen, taken := map[string]string{}, map[string]string{}
	for _, one := range choices {
		if err := c.plan(root, one, chosen, taken); err != nil {
			return nil, fmt.Errorf("clean: cleaning %s: %w", dir, err)
		}
	}
	return c, nil
}

// plan adds a choice; chosen are the choices of each path so far, taken the files that moves will make.
func (c *Cleaning) plan(root *os.Root, one Choice, chosen, taken map[string]string) error {
	if err := one.check(); err != nil {
		return err
	}
	path, err := relativeTo(c.dir, one.Path)
	if err != nil {
		return err
	}
	real := c.real(path)
	if before, twice := chosen[real]; twice {
		if before == one.Choice {
			return nil
		}
		return fmt.Errorf("%s: it has two choices, %q and %q", one.Path, before, one.Choice)
	}
	chosen[real] = one.Choice
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
	case moved && c.leadsElsewhere(path, to):
		return fmt.Errorf("%s: it is a link that would lead elsewhere from %s: move what it leads to, or make its target absolute", one.Path, to)
	case !moved:
		c.gone = append(c.gone, path)
		return nil
	}
	if other, clash := taken[c.real(to)]; clash {
		return fmt.Errorf("%s: it would become the same file as %s", one.Path, other)
	}
	if _, err := root.Lstat(to); err == nil {
		return fmt.Errorf("%s: class %q has a file of this name already, %s: rename that one first", one.Path, class, to)
	}
	taken[c.real(to)] = one.Path
	c.moves = append(c.moves, cleaned{path, to})
	return nil
}

// relativeTo is a path's place in dir, which it must not leave.
func relativeTo(dir, path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(dir, full)
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		return "", fmt.Errorf("%s: it is not inside the folder", path)
	}
	asGiven, errGiven := os.Lstat(path) // which is another file where a link stands before a ".."
	here, errHere := os.Lstat(full)
	if (errGiven == nil) != (errHere == nil) || errHere == nil && !os.SameFile(asGiven, here) {
		return "", fmt.Errorf("%s: it isn't %s, as its \"..\" come after a link or what isn't there: write it without", path, full)
	}
	return rel, nil
}

// real is one name for each file, also where links lead to its folder by several. Where there is none, it is path.
func (c *Cleaning) real(path string) string {
	folder, err := filepath.EvalSymlinks(filepath.Join(c.dir, filepath.Dir(path)))
	if err != nil {
		return path
	}
	return filepath.Join(folder, filepath.Base(path))
}

// leadsElsewhere tells of a file that is a link, relative to its folder, that what it leads to would not be what
// it leads to from its new place.
func (c *Cleaning) leadsElsewhere(from, to string) bool {
	target, err := os.Readlink(filepath.Join(c.dir, from))
	if err != nil || filepath.IsAbs(target) {
		return false
	}
	before, err := os.Stat(filepath.Join(c.dir, from))
	if err != nil {
		return false // it leads nowhere
	}
	after, err := os.Stat(filepath.Join(c.dir, filepath.Dir(to)) + string(filepath.Separator) + target)
	return err != nil || !os.SameFile(before, after)
}

// target is where a file of a class is moved to when it gets another.
func target(root *os.Root, path, label, class string) (string, error) {
	if class != filepath.Base(class) || !filepath.IsLocal(class) || class == "." || strings.ContainsRune(class, 0) {
		return "", fmt.Errorf("%q can't be a folder's name", class)
	}
	folder := filepath.Dir(path)
	if folder == "." {
		return "", fmt.Errorf("it lies in the folder itself, not in one for class %q within it: give the folder that holds the classes' folders", label)
	}
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
	if c == nil {
		return "nothing to do\n"
	}
	var b strings.Builder
	for _, m := range c.moves {
		fmt.Fprintf(&b, "move %s to %s\n", onALine(m.from), onALine(m.to))
	}
	for _, path := range c.gone {
		fmt.Fprintf(&b, "delete %s\n", onALine(path))
	}
	for _, path := range c.Missing {
		fmt.Fprintf(&b, "missing: %s\n", onALine(path))
	}
	if b.Len() == 0 {
		return "nothing to do\n"
	}
	return b.String()
}

// onALine is a path as it is, but for one that would break the line or play with a terminal: that one is quoted.
func onALine(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(path)
	}
	return path
}

// MoveFiles moves the pictures that got another class into its folder, and returns how many. No file
// is overwritten. An error ends it; what was moved stays moved, and the same choices may be planned again.
func (c *Cleaning) MoveFiles() (n int, err error) {
	return carryOut(c, func() []cleaned { return c.moves }, func(root *os.Root, m cleaned) error { return m.move(root) })
}

// move gives the file its new name before it loses the old one, so that a file of the new name which
// another program makes just now is never replaced, as it would be by renaming.
func (m cleaned) move(root *os.Root) error {
	err := root.Link(m.from, m.to)
	if err == nil {
		if err = root.Remove(m.from); err != nil {
			return errors.Join(err, root.Remove(m.to)) // all as before
		}
		return nil
	}
	if _, taken := root.Lstat(m.to); errors.Is(err, fs.ErrExist) || taken == nil {
		return fmt.Errorf("move %s: %s is there already", m.from, m.to)
	}
	return root.Rename(m.from, m.to) // this file system, or this file's owner, allows it one name alone
}

// DeleteFiles removes the pictures that were chosen to be deleted from the disk, for good, and
// returns how many. An error ends it, such as a picture that is gone since the plan; the same choices may be planned again.
func (c *Cleaning) DeleteFiles() (n int, err error) {
	return carryOut(c, func() []string { return c.gone }, (*os.Root).Remove)
}

// carryOut does n steps below the folder until one fails. An [os.Root] can't be led out of it, by links neither.
func carryOut[T any](c *Cleaning, planned func() []T, step func(*os.Root, T) error) (int, error) {
	if c == nil || c.dir == "" {
		return 0, errors.New("clean: cleaning: there is no plan: make it by Plan")
	}
	root, err := diskfile.OpenRoot(c.dir)
	if err != nil {
		return 0, fmt.Errorf("clean: cleaning: %w", err)
	}
	defer root.Close()
	for i, one := range planned() {
		if err := step(root, one); err != nil {
			return i, fmt.Errorf("clean: cleaning %s: %w", c.dir, err)
		}
	}
	return len(planned()), nil
}
