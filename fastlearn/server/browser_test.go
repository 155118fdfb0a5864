package server

import (
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/internal/browser"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

var screenshots = flag.String("screenshots", "", "TestBrowser: a folder to write pictures of the page to")

// shows waits until the page's status begins with text, and returns what it lists.
func shows(t *testing.T, b *browser.Tab, text string) (classes []string) {
	t.Helper()
	status := ""
	parity.Until(t, "the page says "+text, func() bool {
		status = browser.Eval[string](b, `document.getElementById("status").textContent`)
		return strings.HasPrefix(status, text)
	})
	return browser.Eval[[]string](b, `[...document.querySelectorAll("#classes li")].map(li => li.innerText.trim().replace(/\s+/g, " "))`)
}

// screenshot writes what the page looks like, if anybody wants to see it.
func screenshot(b *browser.Tab, name string) {
	if *screenshots == "" {
		return
	}
	time.Sleep(500 * time.Millisecond) // until nothing moves
	b.Shot(filepath.Join(*screenshots, name+".png"))
}

// choose puts a file into the page's input, as its dialogue does.
func choose(t *testing.T, b *browser.Tab, path string) {
	t.Helper()
	b.Do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
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
	b := browser.Open(t)
	file, pictures := flowers(t, nil)
	p := load(t, file)
	l := usual
	var err error
	if l.samples, err = l.findSamples(folderOf(t, pictures)); err != nil {
		t.Fatal(err)
	}
	s := start(t, p, l)
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
	b.Size(1200, 860, false)
	b.Do(chromedp.Navigate(s.url))
	screenshot(b, "desktop-empty")
	b.Until(`!document.getElementById("model").hidden`)
	for _, want := range []string{"SUMMARY", "INPUT", "BUTTON"} { // the classes, the file, the first sample
		b.Do(chromedp.KeyEvent("\t"))
		if focused := browser.Eval[string](b, `document.activeElement.tagName`); focused != want {
			t.Errorf("the tab key leads to %s, want %s", focused, want)
		}
	}
	screenshot(b, "desktop-focus")

	choose(t, b, chosen[0])
	classes := shows(t, b, labels[0])
	one, err := p.Predict(t.Context(), chosen[0])
	if err != nil {
		t.Fatal(err)
	}
	if first := fmt.Sprintf("%s %.1f %%", one.Label, 100*one.Probs[one.Index]); len(classes) != 5 || classes[0] != first {
		t.Errorf("the page lists %q, want 5, the first %q", classes, first)
	}
	time.Sleep(time.Second) // until the bars are drawn
	width := browser.Eval[float64](b, `(() => { const bar = document.querySelector(".bar"); return bar.offsetWidth / bar.parentElement.offsetWidth })()`)
	if want := one.Probs[one.Index]; width < want-0.02 || width > want+0.02 {
		t.Errorf("the first bar is %.2f of its width, want %.2f", width, want)
	}
	screenshot(b, "desktop")
	if hint := browser.Eval[string](b, `document.getElementById("hint").textContent`); !strings.HasPrefix(hint, "Choose another picture") {
		t.Errorf("with a picture chosen, the page says %q", hint)
	}

	for i, how := range []string{"drop", "paste"} {
		data, err := os.ReadFile(chosen[1+i])
		if err != nil {
			t.Fatal(err)
		}
		browser.Eval[bool](b, fmt.Sprintf(handOver, base64.StdEncoding.EncodeToString(data), how))
		if classes := shows(t, b, labels[1+i]); len(classes) != 5 {
			t.Errorf("%s: the page lists %q", how, classes)
		}
	}
	sample, err := p.PredictBytes(t.Context(), l.samples[11].content)
	if err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.Click("#samples li:last-child button"))
	if classes := shows(t, b, sample.Label); len(classes) != 5 || !strings.HasSuffix(classes[0], fmt.Sprintf(" %.1f %%", 100*sample.Probs[sample.Index])) {
		t.Errorf("a sample that is %v: the page lists %q", sample, classes)
	}
	if found := b.Problems(); len(found) > 0 {
		t.Errorf("the console says %q", found)
	}
	browser.Eval[bool](b, `document.getElementById("model").open = true`)
	screenshot(b, "desktop-model")
	b.Axe(t)
	browser.Eval[bool](b, `document.getElementById("model").open = false; true`)

	b.Size(360, 780, false)
	if over := browser.Eval[float64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("on a phone the page is %g pixels too wide", over)
	}
	screenshot(b, "phone")
	b.Size(360, 780, true)
	screenshot(b, "phone-dark")

	text := filepath.Join(t.TempDir(), "text.jpg")
	if err := os.WriteFile(text, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	choose(t, b, text)
	if classes := shows(t, b, "This file is not an image"); len(classes) != 0 {
		t.Errorf("what isn't a picture is %q", classes)
	}
	screenshot(b, "phone-dark-failed")
	t.Run("failed", func(t *testing.T) { b.Axe(t) })
	large := filepath.Join(t.TempDir(), "large.jpg")
	if err := os.WriteFile(large, make([]byte, 40<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	choose(t, b, large)
	shows(t, b, "The file is larger than 1 MB.")
	b.Size(1200, 860, true)
	choose(t, b, chosen[0])
	shows(t, b, labels[0])
	screenshot(b, "desktop-dark")
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	choose(t, b, chosen[0])
	shows(t, b, "The server can't be reached")

	// A proxy before a server that ended says so in a page of its own.
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if path == "/" {
			path = "/{$}"
		}
		if file, ok := pageFiles[path]; ok {
			file.serve(w, r)
			return
		}
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "<h1>Bad Gateway</h1>")
	}))
	defer proxy.Close()
	b.Do(chromedp.Navigate(proxy.URL))
	choose(t, b, chosen[0])
	shows(t, b, "The answer can't be read; its status is 502.")
}
