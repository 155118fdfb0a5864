package progress

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// screen is a terminal of a few columns at the other end of a real pseudo-terminal: what a
// person would see, and whether a line ever was too long.
type screen struct {
	tty, master *os.File
	width       int
	done        chan struct{}

	mu      sync.Mutex
	lines   [][]rune
	row     int
	col     int
	wrapped bool     // something was written beyond the last column
	unknown []string // control sequences that a bar has no need of
	seen    []string // each line that ended
	raw     strings.Builder
}

func newScreen(t *testing.T, width int) *screen {
	t.Helper()
	t.Setenv("TERM", "xterm")
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: uint16(width)}); err != nil {
		t.Fatal(err)
	}
	s := &screen{tty: tty, master: master, width: width, done: make(chan struct{}), lines: [][]rune{nil}}
	go s.read()
	t.Cleanup(func() { tty.Close(); master.Close() })
	return s
}

func (s *screen) read() {
	defer close(s.done)
	buf := make([]byte, 4096)
	var rest []byte
	for {
		n, err := s.master.Read(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.raw.Write(buf[:n])
		rest = s.write(append(rest, buf[:n]...))
		s.mu.Unlock()
	}
}

// write takes in what it can and returns a sequence that is not yet whole.
func (s *screen) write(data []byte) []byte {
	text := []rune(string(data))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case r == '\n':
			s.seen = append(s.seen, string(s.lines[s.row]))
			if s.row++; s.row == len(s.lines) {
				s.lines = append(s.lines, nil)
			}
		case r == '\r':
			s.col = 0
		case r == 0x1b:
			end := i + 2
			for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == ';' || text[end] == '?') {
				end++
			}
			if end >= len(text) {
				return []byte(string(text[i:]))
			}
			s.control(string(text[i+2:end]), text[end])
			i = end
		case r < ' ':
			s.unknown = append(s.unknown, strconv.QuoteRune(r))
		default:
			s.put(r)
		}
	}
	return nil
}

func (s *screen) control(args string, final rune) {
	n, _ := strconv.Atoi(args)
	switch final {
	case 'A':
		s.row = max(s.row-max(n, 1), 0)
	case 'J': // from the cursor on
		s.lines = s.lines[:s.row+1]
		s.lines[s.row] = s.lines[s.row][:min(s.col, len(s.lines[s.row]))]
	default:
		s.unknown = append(s.unknown, args+string(final))
	}
}

func (s *screen) put(r rune) {
	if s.col >= s.width {
		s.wrapped = true
	}
	line := s.lines[s.row]
	for len(line) <= s.col {
		line = append(line, ' ')
	}
	line[s.col] = r
	s.lines[s.row] = line
	s.col++
}

// text waits until all that was written is there, and returns the screen's lines and where
// the cursor is.
func (s *screen) text(t *testing.T) (lines []string, row, col int) {
	t.Helper()
	for before := -1; ; time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		n := s.raw.Len()
		s.mu.Unlock()
		if n == before {
			break
		}
		before = n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.unknown) > 0 {
		t.Errorf("controls %q", s.unknown)
	}
	for _, l := range s.lines {
		lines = append(lines, strings.TrimRight(string(l), " "))
	}
	return lines, s.row, s.col
}

// saw tells whether a line with all of these was ever there.
func (s *screen) saw(parts ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.seen {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(line, p)
		}
		if all {
			return true
		}
	}
	return false
}
