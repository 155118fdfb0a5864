package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Protocol is a way to draw pictures in a terminal.
type Protocol int

// The protocols. NoProtocol is that of a terminal that draws none.
const (
	NoProtocol Protocol = iota
	Kitty               // kitty, ghostty, Konsole
	ITerm2              // iTerm2, WezTerm, mintty
	Sixel               // foot, xterm -ti vt340, mlterm, Windows Terminal, VS Code
)

// String is the protocol's name.
func (p Protocol) String() string {
	if p < NoProtocol || p > Sixel {
		return fmt.Sprintf("Protocol(%d)", int(p))
	}
	return [...]string{"none", "kitty", "iTerm2", "sixel"}[p]
}

// ErrNoPictures is what [Detect] and [Show] return, wrapped, where pictures can't be drawn.
var ErrNoPictures = errors.New("pictures can't be drawn here")

// Detect finds out how w draws pictures: by what the terminal's environment says of it, else
// by asking the terminal, on Linux alone and for a second at most. It asks only where the
// answer can't go astray: w is a terminal that can be read from, this program is in its
// foreground and nothing was typed ahead. It writes nothing to what isn't a terminal.
func Detect(w io.Writer) (Protocol, error) {
	if !IsTerminal(w) {
		return NoProtocol, fmt.Errorf("terminal: %w: it isn't a terminal, but a file, a pipe or a log; save the picture to a file", ErrNoPictures)
	}
	p, ask := fromEnvironment(os.Getenv)
	if p == NoProtocol && ask {
		p = query(w.(*os.File))
	}
	if p == NoProtocol {
		return p, fmt.Errorf("terminal: %w: the terminal (TERM=%s) says of no protocol that it knows it; if it does, name the protocol with As, else save the picture to a file",
			ErrNoPictures, os.Getenv("TERM"))
	}
	return p, nil
}

// fromEnvironment is the protocol of the terminals that name themselves, and whether the
// others may be asked.
func fromEnvironment(env func(string) string) (p Protocol, ask bool) {
	program, name := env("TERM_PROGRAM"), env("TERM")
	switch {
	case name == "linux" || name == "dumb" || name == "":
		return NoProtocol, false
	case env("TMUX") != "" || strings.HasPrefix(name, "screen") || strings.HasPrefix(name, "tmux"):
		return NoProtocol, true // what stands around tmux says nothing of what tmux lets through
	case env("KITTY_WINDOW_ID") != "" || name == "xterm-kitty" || name == "xterm-ghostty" || program == "ghostty":
		return Kitty, false
	case program == "iTerm.app" || env("LC_TERMINAL") == "iTerm2" || program == "WezTerm" || program == "mintty":
		return ITerm2, false
	case strings.HasPrefix(name, "foot") || name == "mlterm":
		return Sixel, false
	}
	return NoProtocol, true
}

// The question to a terminal: whether it knows kitty's pictures, of which one of a pixel is
// not shown, and what it is, which every terminal answers, those that know sixel with a 4.
const question = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"

// answered reads an answer; whole is false as long as it has not come to its end.
func answered(answer string) (p Protocol, whole bool) {
	_, device, found := strings.Cut(answer, "\x1b[?")
	device, _, ended := strings.Cut(device, "c")
	if !found || !ended {
		return NoProtocol, false
	}
	if strings.Contains(answer, "\x1b_Gi=31;OK") {
		return Kitty, true
	}
	for _, attribute := range strings.Split(device, ";")[1:] {
		if attribute == "4" {
			return Sixel, true
		}
	}
	return NoProtocol, true
}
