package progress

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// A bar survives that its terminal becomes narrower and wider, in a terminal that folds lines as tmux does: there is one.
func TestBarSurvivesResizing(t *testing.T) {
	if os.Getenv("PROGRESS_DRAWS") != "" {
		fmt.Println("before")
		loss, lr := 0.5, 1e-3
		m := newMeter(os.Stdout, 0, true, status{label: "epoch 1/1 train", total: 1 << 30, unit: "img"})
		for done := int64(1); ; done++ {
			m.set(status{label: "epoch 1/1 train", done: done, total: 1 << 30, loss: &loss, lr: &lr, items: int(done), unit: "img"})
			time.Sleep(10 * time.Millisecond)
		}
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux here")
	}
	socket := filepath.Join(t.TempDir(), "s")
	tmux := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("tmux", append([]string{"-f", "/dev/null", "-S", socket}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	tmux("new-session", "-d", "-x", "120", "-y", "20", "PROGRESS_DRAWS=1 '"+os.Args[0]+"' -test.run=TestBarSurvivesResizing$")
	defer exec.Command("tmux", "-S", socket, "kill-server").Run()
	for _, width := range []int{120, 60, 30, 120} {
		time.Sleep(600 * time.Millisecond) // tmux tells its programs later of a size that follows another at once
		tmux("resize-window", "-x", fmt.Sprint(width), "-y", "20")
		screen := func() []string {
			return strings.Split(strings.TrimRight(tmux("capture-pane", "-p"), "\n"), "\n")
		}
		first := screen()
		parity.Until(t, fmt.Sprintf("the bar moves at a width of %d, and there is one", width), func() bool {
			now := screen()
			if now[0] == "before" { // which tmux may push into its history when it folds what is below
				now = now[1:]
			}
			return len(now) == 1 && now[0] != first[len(first)-1] && strings.HasPrefix(now[0], "epoch 1/1 train ") && len(now[0]) <= width && len(now[0]) > min(width, 90)*2/3
		})
	}
}

// LRFind has one bar, of the rates that are tried, through all its epochs.
func TestBarOfLRFind(t *testing.T) {
	s := newScreen(t, 100)
	learn := learner(t, s.tty, Bar(s.tty), slow{})
	if _, err := learn.LRFind(t.Context(), fastlearn.NumIt(30)); err != nil { // in three epochs
		t.Fatal(err)
	}
	lines, _, _ := s.text(t)
	if !s.saw("trying rates ", "/30 ") || s.saw("train ") || s.saw("valid ") || len(strings.Join(lines, "")) > 0 {
		t.Errorf("the screen ends as %q, and showed %q", lines, s.seen)
	}
	if learn.Tries != 0 {
		t.Errorf("after it %d rates are to be tried", learn.Tries)
	}
}

// What the terminal echoes, such as ^C, leaves no remnants, and what is said above the bar stays.
func TestEchoOfCtrlC(t *testing.T) {
	s := newScreen(t, 60)
	m := newMeter(s.tty, often, true, status{label: "epoch 1/2 train", total: 9})
	s.text(t)
	io.WriteString(s.tty, "^C")
	m.last = time.Time{}
	m.line.drawn = time.Time{}
	m.set(status{label: "epoch 1/2 train", done: 1, total: 9})
	s.text(t)
	io.WriteString(s.tty, "^C")
	Above(func() { io.WriteString(s.tty, "it ends\n") })
	m.end()
	if lines, _, _ := s.text(t); s.wrapped || !slices.Equal(lines, []string{"it ends", ""}) {
		t.Errorf("the screen is %q", lines)
	}
}
