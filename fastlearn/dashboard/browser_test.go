package dashboard

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/internal/browser"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// slowly gives a browser on a busy machine time to look.
type slowly struct{ time.Duration }

func (s slowly) AfterBatch(*fastlearn.Learner) error { time.Sleep(s.Duration); return nil }

// The page follows a training without a complaint, is usable while it changes, and stays when the program ends.
func TestInBrowser(t *testing.T) {
	tab := browser.Open(t)
	b := board(t, ":0", Title("Drawn flowers"))
	learn := learner(t, b, slowly{100 * time.Millisecond})
	dir := os.Getenv("FASTLEARN_PLOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	tab.Size(1280, 900, false)
	tab.Do(chromedp.Navigate(b.URL()))
	tab.Until(`document.getElementById("said").textContent.includes("Waiting")`)
	tab.Shot(filepath.Join(dir, "waiting.png"))
	t.Run("waiting", func(t *testing.T) { tab.Axe(t) })
	tab.Size(1280, 900, false)
	done := make(chan error, 1)
	go func() { done <- learn.FineTune(t.Context(), 4) }()
	tab.Until(`document.querySelectorAll("#fit-2 tr").length == 1 && document.querySelector("#losses .note").textContent == "On the validation set, as of epoch 1 of 4."`)
	// What is chosen about a picture outlasts the picture, which the next epoch may show elsewhere or no more.
	path := browser.Eval[string](tab, `(() => { const s = document.querySelector("#losses select"); s.value = "delete"; s.dispatchEvent(new Event("change", {bubbles: true})); s.focus(); return s.dataset.path })()`)
	tab.Until(`document.querySelector("#losses .note").textContent == "On the validation set, as of epoch 2 of 4."`)
	if kept := browser.Eval[string](tab, `document.activeElement.dataset.path + " " + document.activeElement.value + " " + document.getElementById("changed").textContent`); !strings.HasPrefix(kept, path+" delete 1 of ") {
		t.Errorf("of a choice is left: %q", kept)
	}
	// What has the focus keeps it while the table under it is written anew.
	tab.Do(chromedp.Focus("#run-1 .scroll"))
	tab.Until(`document.querySelectorAll("#fit-2 tr").length == 3`)
	if !browser.Eval[bool](tab, `document.activeElement === document.querySelector("#run-1 .scroll")`) {
		t.Error("the table lost the focus")
	}
	if runs := browser.Eval[int](tab, `document.querySelectorAll(".run").length`); runs != 1 {
		t.Errorf("the page has %d runs, one of them of a fit that had just begun", runs)
	}
	tab.Shot(filepath.Join(dir, "live.png"))
	tab.Size(360, 780, true)
	tab.Shot(filepath.Join(dir, "livephone.png"))
	if wide := browser.Eval[int64](tab, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("on a phone the page is %d wide", wide)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	tab.Until(`document.getElementById("said").textContent.includes("has ended: 4 epochs") && document.querySelector("progress").value == 100`)
	if problems := tab.Problems(); problems != nil {
		t.Errorf("the page complains: %q", problems)
	}
	t.Run("live", func(t *testing.T) { tab.Axe(t) })
	for _, r := range tab.Requests() {
		if r != b.URL() && r != b.URL()+"events" {
			t.Errorf("the page asks for %s", r)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	tab.Until(`document.getElementById("link").textContent.includes("stays as it is")`)
	rows := browser.Eval[int](tab, `document.querySelectorAll("#fit-2 tr").length`)
	if rows != 4 {
		t.Error(fmt.Sprint(rows, " rows are left"))
	}
	tab.Size(1280, 900, false)
	tab.Shot(filepath.Join(dir, "ended.png"))
	t.Run("ended", func(t *testing.T) { tab.Axe(t) })
}

// Choices and what has the focus outlast other results, with classes of other data, names that look like HTML, a connection that
// was lost, pictures that are gone, and the server.
func TestChoicesInBrowser(t *testing.T) {
	tab := browser.Open(t)
	b := board(t, ":0")
	dir := t.TempDir()
	var files []string
	for k := range 3 {
		files = append(files, filepath.Join(dir, fmt.Sprintf("%d \"<b>&.png", k)))
		m := image.NewGray(image.Rect(0, 0, 8+k, 8))
		var file bytes.Buffer
		if err := errors.Join(png.Encode(&file, m), os.WriteFile(files[k], file.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	const strange = `<img src=x onerror="document.title='run'">, 'x' & "y"`
	validated := func(b *Board, n int, vocab ...string) {
		p := &fastlearn.Preds{Targets: []int{0, 1, 0}, Decoded: []int{1, 0, 1}, Losses: []float64{3, 2, 1}}
		j := judged{count: n, interp: &fastlearn.Interpretation{Preds: p, Vocab: vocab, Files: files}, note: fmt.Sprint("validation ", n)}
		b.tell(func(s *state) { s.judged = j })
		tab.Until(fmt.Sprintf(`document.querySelector("#losses .note")?.textContent === "validation %d"`, n))
	}
	tab.Do(chromedp.Navigate(b.URL()))
	tab.Until(`document.getElementById("said").textContent !== ""`)
	validated(b, 1, "a", strange)
	choose := func(k int, choice string) {
		t.Helper()
		if got := browser.Eval[string](tab, fmt.Sprintf(`(() => { const s = document.querySelectorAll("#losses select")[%d]; s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return s.value })()`, k, choice)); got != choice {
			t.Errorf("%q can't be chosen", choice)
		}
	}
	choose(0, clean.Relabel(strange))
	choose(2, clean.Delete)
	if err := os.Remove(files[2]); err != nil {
		t.Fatal(err)
	}
	for k, focus := range []string{"#losses select", "#losses li:nth-child(2) summary", "#download", "#results summary"} {
		const key = `(() => { const e = document.activeElement; return e.dataset.path || e.id || e.querySelector("img").src })()`
		tab.Do(chromedp.Focus(focus))
		before := browser.Eval[string](tab, key)
		validated(b, 2+k, "a", "other")
		if !browser.Eval[bool](tab, fmt.Sprintf(`document.activeElement.matches("select, button, summary") && %s === %q`, key, before)) {
			t.Errorf("%s lost the focus", focus)
		}
	}
	again := func(when string) {
		t.Helper()
		to := t.TempDir()
		tab.Downloads(to)
		browser.Eval[bool](tab, `document.getElementById("download").click() || true`)
		name := filepath.Join(to, "choices.csv")
		parity.Until(t, "the choices are saved", func() bool { info, err := os.Stat(name); return err == nil && info.Size() > 0 })
		choices, err := clean.ReadChoices(name)
		want := []clean.Choice{{Path: files[0], Label: "a", Choice: clean.Relabel(strange)}, {Path: files[2], Label: "a", Choice: clean.Delete}, {Path: files[1], Label: "other", Choice: clean.Keep}}
		if err != nil || !slices.Equal(choices, want) {
			t.Errorf("%s: %v: choices are %q, want %q", when, err, choices, want)
		}
	}
	again("with other classes")
	addr := strings.TrimSuffix(strings.TrimPrefix(b.URL(), "http://"), "/")
	if err := b.server.Close(); err != nil { // the viewers aren't told
		t.Fatal(err)
	}
	tab.Until(`document.getElementById("link").textContent.includes("trying again")`)
	b = board(t, addr)
	tab.Until(`document.getElementById("link").textContent === ""`)
	validated(b, 9, "a", "other")
	again("connected again")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	tab.Until(`document.getElementById("link").textContent.includes("stays as it is")`)
	again("after the end")
	if seen := browser.Eval[string](tab, `document.querySelector("#losses .none").textContent + " " + document.title`); seen != "it can't be read Training" {
		t.Errorf("it shows %q", seen)
	}
}
