package terminal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/mattn/go-sixel"
	"golang.org/x/sys/unix"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// picture is one whose corner is not at 0,0, of so many colours.
func picture(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(3, 5, 3+w, 5+h))
	for y := range h {
		for x := range w {
			m.Set(3+x, 5+y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), uint8(40 * ((x/8 + y/8) % 2)), 255})
		}
	}
	return m
}

// decoded undoes a protocol.
func decoded(t *testing.T, p Protocol, data string) image.Image {
	t.Helper()
	var m image.Image
	var err error
	body, ended := strings.CutSuffix(data, "\n")
	switch p {
	case Sixel:
		err = sixel.NewDecoder(strings.NewReader(body)).Decode(&m)
	case ITerm2:
		head, file, _ := strings.Cut(strings.TrimSuffix(body, "\a"), ":")
		if !strings.HasPrefix(head, "\x1b]1337;File=inline=1;size=") {
			t.Errorf("it begins with %q", head)
		}
		m, err = png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(file)))
	case Kitty:
		var file strings.Builder
		pieces := strings.SplitAfter(body, "\x1b\\")
		for i, piece := range pieces[:len(pieces)-1] {
			head, text, _ := strings.Cut(strings.TrimSuffix(piece, "\x1b\\"), ";")
			want := "\x1b_Gm=1"
			if i == 0 {
				want = "\x1b_Ga=T,f=100,q=2,m=1"
			}
			if i == len(pieces)-2 {
				want = strings.TrimSuffix(want, "1") + "0"
			}
			if head != want || len(text) > 4096 || len(text)%4 != 0 {
				t.Errorf("piece %d: %q and %d characters", i, head, len(text))
			}
			file.WriteString(text)
		}
		m, err = png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(file.String())))
	}
	if err != nil || !ended {
		t.Fatalf("%v: %v, the line ends: %v", p, err, ended)
	}
	return m
}

// What is written decodes to the picture: to the very pixels, by sixel to those of 255 colours
// in steps of a hundredth.
func TestPicturesComeBack(t *testing.T) {
	want := picture(90, 67)
	for _, p := range []Protocol{Kitty, ITerm2, Sixel} {
		var b bytes.Buffer
		if err := Encode(&b, want, p); err != nil {
			t.Fatal(err)
		}
		got := decoded(t, p, b.String())
		if got.Bounds().Dx() != 90 || got.Bounds().Dy() < 67 || got.Bounds().Dy() > 72 { // sixel's rows are six pixels
			t.Errorf("%v: %v", p, got.Bounds())
		}
		sum, worst := 0.0, 0.0
		for y := range 67 {
			for x := range 90 {
				r, g, b, _ := want.At(3+x, 5+y).RGBA()
				r2, g2, b2, _ := got.At(got.Bounds().Min.X+x, got.Bounds().Min.Y+y).RGBA()
				for _, d := range []float64{float64(r) - float64(r2), float64(g) - float64(g2), float64(b) - float64(b2)} {
					sum += math.Abs(d) / 257
					worst = max(worst, math.Abs(d)/257)
				}
			}
		}
		if mean := sum / (67 * 90 * 3); p != Sixel && worst > 0 || mean > 6 || worst > 40 {
			t.Errorf("%v: %v levels apart on average, %v at most", p, mean, worst)
		}
	}
	noise := image.NewNRGBA(image.Rect(0, 0, 80, 80)) // it goes in several pieces
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(rng.IntN(256)) | uint8(i%4/3*255) // opaque
	}
	for _, p := range []Protocol{Kitty, ITerm2} {
		var b bytes.Buffer
		if err := Encode(&b, noise, p); err != nil {
			t.Fatal(err)
		}
		got := decoded(t, p, b.String())
		same := b.Len() > 3*4096 && got.Bounds() == noise.Rect
		for i := 0; same && i < 6400; i++ {
			same = color.NRGBAModel.Convert(got.At(i%80, i/80)) == noise.At(i%80, i/80)
		}
		if !same {
			t.Errorf("%v: %d bytes are another picture", p, b.Len())
		}
	}
	for name, m := range parity.Sorted(map[string]image.Image{"nil": nil, "empty": image.NewRGBA(image.Rect(0, 0, 0, 4))}) {
		if err := Encode(io.Discard, m, Kitty); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := Encode(io.Discard, want, NoProtocol); err == nil || !strings.Contains(err.Error(), "want Kitty") {
		t.Error(err)
	}
}

// iTerm2 takes no sequence of more than a mebibyte: large pictures come as JPEG, and in the end smaller.
func TestITerm2TakesAMebibyte(t *testing.T) {
	for size, want := range parity.Sorted(map[int]struct {
		format string
		width  int
	}{400: {"png", 400}, 700: {"jpeg", 700}, 2400: {"jpeg", 1200}}) {
		noise := image.NewNRGBA(image.Rect(0, 0, size, size))
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range noise.Pix {
			noise.Pix[i] = uint8(rng.IntN(256)) | uint8(i%4/3*255)
		}
		clear(noise.Pix[:4*size*size/4]) // a quarter that is transparent
		var b bytes.Buffer
		if err := Encode(&b, noise, ITerm2); err != nil {
			t.Fatal(err)
		}
		head, file, _ := strings.Cut(strings.TrimSuffix(b.String(), "\a\n"), ":")
		data, err := base64.StdEncoding.DecodeString(file)
		if err != nil {
			t.Fatal(err)
		}
		m, format, err := image.Decode(bytes.NewReader(data))
		if err != nil || b.Len() > 1<<20+1 || format != want.format || m.Bounds().Dx() != want.width || m.Bounds().Dy() != want.width || head != fmt.Sprintf("\x1b]1337;File=inline=1;size=%d", len(data)) {
			t.Fatalf("%d pixels: %d bytes, %s of %v, %q, %v", size, b.Len(), format, m.Bounds(), head, err)
		}
		if r, _, _, _ := m.At(3, 3).RGBA(); format == "jpeg" && r < 0xf000 {
			t.Errorf("%d pixels: what is transparent is not white: %d", size, r>>8)
		}
	}
}

// What isn't a terminal gets not a byte, whatever is asked for, and an error that says so.
func TestNoEscapesToWhatIsNoTerminal(t *testing.T) {
	t.Setenv("TERM", "xterm-kitty")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, out := range []io.Writer{&b, w} {
		for _, opts := range [][]ShowOption{nil, {As(Sixel)}} {
			if err := Show(out, picture(4, 4), opts...); !errors.Is(err, ErrNoPictures) || !strings.Contains(err.Error(), "save the picture") {
				t.Error(err)
			}
		}
	}
	w.Close()
	if data, _ := io.ReadAll(r); len(data)+b.Len() > 0 {
		t.Errorf("written: %q %q", data, b.String())
	}
}

// fake is a terminal that answers questions in its own way.
func fake(t *testing.T, term, answer string) (tty, master *os.File) {
	t.Helper()
	for _, name := range []string{"TMUX", "KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL"} {
		t.Setenv(name, "")
	}
	t.Setenv("TERM", term)
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { tty.Close(); master.Close() })
	if answer != "" {
		go func() {
			buf := make([]byte, len(question))
			if _, err := io.ReadFull(master, buf); err == nil && string(buf) == question {
				for _, b := range []byte(answer) { // as slowly as it may come
					_, _ = master.Write([]byte{b})
					time.Sleep(time.Millisecond)
				}
			}
		}()
	}
	return tty, master
}

// A terminal's answer decides; without one the wait is short. The terminal's settings are
// then what they were.
func TestDetectAsks(t *testing.T) {
	usual := patience
	defer func() { patience = usual }()
	for name, c := range parity.Sorted(map[string]struct {
		term, answer string
		want         Protocol
	}{
		"kitty": {"xterm-256color", "\x1b_Gi=31;OK\x1b\\\x1b[?62;c", Kitty}, "sixel": {"xterm", "\x1b[?62;4;22c", Sixel},
		"kitty's error": {"xterm", "\x1b_Gi=31;ENOTSUP:no\x1b\\\x1b[?64;4c", Sixel}, "neither": {"xterm", "\x1b[?64;14;42c", NoProtocol},
		"class 4": {"xterm", "\x1b[?4;6c", NoProtocol}, "garbage": {"xterm", "hello\x1b[?", NoProtocol}, "silent": {"xterm", "", NoProtocol},
		"screen": {"screen.xterm", "\x1b[?62;4c", Sixel}, "console": {"linux", "\x1b[?62;4c", NoProtocol}, "foot": {"foot", "", Sixel},
	}) {
		if patience = 10 * time.Minute; c.want == NoProtocol && !strings.HasSuffix(c.answer, "c") {
			patience = 50 * time.Millisecond // none comes
		}
		tty, _ := fake(t, c.term, c.answer)
		before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Detect(tty)
		if got != c.want || (err == nil) != (c.want != NoProtocol) || err != nil && !errors.Is(err, ErrNoPictures) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS); err != nil || *after != *before {
			t.Errorf("%s: the terminal's settings are changed, %v", name, err)
		}
	}
}

// What was typed ahead stays for the program, and nothing is asked.
func TestDetectLeavesWhatWasTyped(t *testing.T) {
	tty, master := fake(t, "xterm", "")
	if _, err := master.WriteString("ls\n"); err != nil {
		t.Fatal(err)
	}
	if p, err := Detect(tty); p != NoProtocol || err == nil {
		t.Errorf("%v, %v", p, err)
	}
	if !readable(int(tty.Fd()), time.Minute) {
		t.Fatal("nothing is left of what was typed")
	}
	buf := make([]byte, 10)
	if n, err := tty.Read(buf); err != nil || string(buf[:n]) != "ls\n" {
		t.Errorf("%q is left of what was typed, %v", buf[:n], err)
	}
}

// Terminals that name themselves are known without asking.
func TestDetectByEnvironment(t *testing.T) {
	for env, want := range parity.Sorted(map[string]Protocol{
		"TERM=xterm-kitty": Kitty, "TERM=xterm KITTY_WINDOW_ID=1": Kitty, "TERM=xterm-ghostty": Kitty, "TERM=xterm TERM_PROGRAM=ghostty": Kitty,
		"TERM=xterm TERM_PROGRAM=iTerm.app": ITerm2, "TERM=xterm LC_TERMINAL=iTerm2": ITerm2, "TERM=xterm TERM_PROGRAM=WezTerm": ITerm2,
		"TERM=foot-extra": Sixel, "TERM=xterm-256color": NoProtocol, "TERM=tmux-256color KITTY_WINDOW_ID=1": NoProtocol, "TERM=xterm TMUX=/tmp/t TERM_PROGRAM=iTerm.app": NoProtocol, "": NoProtocol,
	}) {
		got, ask := fromEnvironment(func(name string) string {
			_, rest, _ := strings.Cut(" "+env+" ", " "+name+"=")
			value, _, _ := strings.Cut(rest, " ")
			return value
		})
		if got != want || ask != (want == NoProtocol && env != "") {
			t.Errorf("%q: %v, ask %v", env, got, ask)
		}
	}
}

// A picture is drawn in the terminal's own protocol, no wider than the terminal.
func TestShowFits(t *testing.T) {
	for _, c := range []struct {
		term string
		size pty.Winsize
		opts []ShowOption
		p    Protocol
		want int
	}{
		{"xterm-kitty", pty.Winsize{Rows: 24, Cols: 10, X: 70}, nil, Kitty, 70}, {"xterm-kitty", pty.Winsize{Rows: 24, Cols: 10}, nil, Kitty, 80},
		{"xterm-kitty", pty.Winsize{Rows: 24, Cols: 80}, nil, Kitty, 90}, {"xterm", pty.Winsize{Rows: 24, Cols: 80}, []ShowOption{As(ITerm2), MaxWidth(30)}, ITerm2, 30},
	} {
		tty, master := fake(t, c.term, "")
		if err := pty.Setsize(tty, &c.size); err != nil {
			t.Fatal(err)
		}
		written := make(chan string)
		go func() {
			var all []byte
			buf := make([]byte, 4096)
			for !bytes.HasSuffix(all, []byte("\r\n")) {
				n, err := master.Read(buf)
				if err != nil {
					break
				}
				all = append(all, buf[:n]...)
			}
			written <- strings.ReplaceAll(string(all), "\r\n", "\n")
		}()
		if err := Show(tty, picture(90, 45), c.opts...); err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, c.p, <-written).Bounds(); got.Dx() != c.want || got.Dy() != (c.want+1)/2 {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if err := Show(io.Discard, picture(2, 2), MaxWidth(0)); err == nil || errors.Is(err, ErrNoPictures) {
		t.Errorf("MaxWidth(0): %v", err)
	}
}

// Colours need a terminal, and nobody's objection.
func TestHasColors(t *testing.T) {
	tty, _ := fake(t, "xterm", "")
	t.Setenv("NO_COLOR", "")
	if !HasColors(tty) || HasColors(io.Discard) || !IsTerminal(tty) || Width(io.Discard) != 80 {
		t.Error("a terminal has colours, and nothing else has")
	}
	t.Setenv("NO_COLOR", "1")
	if HasColors(tty) {
		t.Error("NO_COLOR is not heeded")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if HasColors(tty) || IsTerminal(tty) {
		t.Error("a dumb terminal has none")
	}
}
