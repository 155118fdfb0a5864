package parity

import (
	"os/exec"
	"strings"
	"time"
)

// Made tells on which day and from which commit a row was made; rows of tables embed it.
type Made struct {
	Date   string `json:"date"`
	Commit string `json:"commit"` // shortened; with a plus where a file outside of docs differed from it
}

// Clean tells whether nothing differed from the commit.
func (m Made) Clean() bool { return !strings.HasSuffix(m.Commit, "+") }

// Now is what a row that is made now is made from.
func Now() (Made, error) {
	commit, err := git("rev-parse", "--short", "HEAD")
	if err != nil {
		return Made{}, err
	}
	changed, err := git("status", "--porcelain", "--", ".", ":(exclude)docs")
	if changed != "" {
		commit += "+"
	}
	return Made{time.Now().UTC().Format(time.DateOnly), commit}, err
}

func git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = Root()
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
