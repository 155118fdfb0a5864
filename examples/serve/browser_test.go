package main

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "TestBrowser: a folder to write pictures of the page to")

// browser is a Chromium without a window.
type browser struct {
	context.Context
	t      *testing.T
	mu     sync.Mutex
	errors []string // what the page's console complained of
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	found := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			found = path
			break
		}
	}
	if found == "" {
		t.Skip("no Chromium here: install the package chromium to try the page in a browser")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, chromedp.ExecPath(found), chromedp.Headless, chromedp.NoSandbox)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{Context: ctx, t: t}
	b.do(chromedp.Navigate("about:blank"))
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return // the browser has ended
			}
			b.mu.Lock()
			b.errors = append(b.errors, m.String())
			b.mu.Unlock()
		}
	}()
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// in is the value of an expression in the page.
func in[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// shows waits until the page's status begins with text, and returns what it lists.
func (b *browser) shows(text string) (classes []string) {
	b.t.Helper()
	status := ""
	for begun := time.Now(); !strings.HasPrefix(status, text); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			b.t.Fatalf("the page says %q, want %q", status, text)
		}
		status = in[string](b, `document.getElementById("status").textContent`)
	}
	return in[[]string](b, `[...document.querySelectorAll("#classes li")].map(li => li.innerText.trim().replace(/\s+/g, " "))`)
}

// complaints are the console's since the last time.
func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.errors
	b.errors = nil
	return out
}

// screenshot writes what the page looks like, if anybody wants to see it.
func (b *browser) screenshot(name string) {
	if *screenshots == "" {
		return
	}
	time.Sleep(500 * time.Millisecond) // until nothing moves
	picture, err := chromedp.Run(b, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o666); err != nil {
		b.t.Fatal(err)
	}
}

// choose puts a file into the page's input, as its dialogue does.
func (b *browser) choose(path string) {
	b.t.Helper()
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
}

// handOver is what a page sees when a file is dropped on it or pasted into it.
const handOver = `(() => {
	const bytes = Uint8Array.from(atob("%s"), c => c.charCodeAt(0));
	const data = new DataTransfer();
	data.items.add(new File([bytes], "flower.jpg", {type: "image/jpeg"}));
	const event = "%s" === "paste" ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true})
		: new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
	return document.body.dispatchEvent(event);
})()`

// The page in a real browser: a picture chosen, dropped and pasted, one that is none, by keyboard, on
// a phone and in the dark.
func TestBrowser(t *testing.T) {
	b := newBrowser(t)
	file, pictures := flowers(t, nil)
	p := load(t, file)
	s := start(t, p, usual)
	var chosen []string // pictures of different classes
	var labels []string
	for i, picture := range pictures {
		one, err := p.PredictBytes(t.Context(), picture)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(labels, one.Label) {
			path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.jpg", i))
			if err := os.WriteFile(path, picture, 0o666); err != nil {
				t.Fatal(err)
			}
			chosen, labels = append(chosen, path), append(labels, one.Label)
		}
	}
	if len(chosen) < 3 {
		t.Fatalf("only %v", labels)
	}
	b.do(chromedp.EmulateViewport(1200, 860), chromedp.Navigate(s.url))
	b.screenshot("desktop-empty")
	b.do(chromedp.KeyEvent("\t"))
	if focused := in[string](b, `document.activeElement.id`); focused != "file" {
		t.Errorf("the tab key leads to %q", focused)
	}
	b.screenshot("desktop-focus")

	b.choose(chosen[0])
	classes := b.shows(labels[0])
	one, err := p.Predict(t.Context(), chosen[0])
	if err != nil {
		t.Fatal(err)
	}
	if first := fmt.Sprintf("%s %.1f %%", one.Label, 100*one.Probs[one.Index]); len(classes) != 5 || classes[0] != first {
		t.Errorf("the page lists %q, want 5, the first %q", classes, first)
	}
	time.Sleep(time.Second) // until the bars are drawn
	width := in[float64](b, `(() => { const bar = document.querySelector(".bar"); return bar.offsetWidth / bar.parentElement.offsetWidth })()`)
	if want := one.Probs[one.Index]; width < want-0.02 || width > want+0.02 {
		t.Errorf("the first bar is %.2f of its width, want %.2f", width, want)
	}
	b.screenshot("desktop")

	for i, how := range []string{"drop", "paste"} {
		data, err := os.ReadFile(chosen[1+i])
		if err != nil {
			t.Fatal(err)
		}
		in[bool](b, fmt.Sprintf(handOver, base64.StdEncoding.EncodeToString(data), how))
		if classes := b.shows(labels[1+i]); len(classes) != 5 {
			t.Errorf("%s: the page lists %q", how, classes)
		}
	}
	if found := b.complaints(); len(found) > 0 {
		t.Errorf("the console says %q", found)
	}

	b.do(chromedp.EmulateViewport(360, 780, chromedp.EmulateScale(2), chromedp.EmulateMobile))
	if over := in[float64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("on a phone the page is %g pixels too wide", over)
	}
	b.screenshot("phone")
	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(b, emulation.SetEmulatedMedia, dark); err != nil {
		t.Fatal(err)
	}
	b.screenshot("phone-dark")

	text := filepath.Join(t.TempDir(), "text.jpg")
	if err := os.WriteFile(text, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	b.choose(text)
	if classes := b.shows("This is no picture"); len(classes) != 0 {
		t.Errorf("what is no picture is %q", classes)
	}
	b.screenshot("phone-dark-failed")
	b.do(chromedp.EmulateViewport(1200, 860))
	b.choose(chosen[0])
	b.shows(labels[0])
	b.screenshot("desktop-dark")
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	b.choose(chosen[0])
	b.shows("The server can't be reached")
}
