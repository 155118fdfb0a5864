package dashboard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/scripts/browser"
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
	done := make(chan error, 1)
	go func() { done <- learn.FineTune(t.Context(), 4) }()
	tab.Until(`document.querySelectorAll("#fit-2 tbody tr").length == 1 && document.querySelector("#losses .note").textContent == "On the validation set, as of epoch 1 of 4."`)
	// What is chosen about a picture outlasts the picture, which the next epoch may show elsewhere or no more.
	path := browser.Eval[string](tab, `(() => { const s = document.querySelector("#losses select"); s.value = "delete"; s.dispatchEvent(new Event("change", {bubbles: true})); s.focus(); return s.dataset.path })()`)
	tab.Until(`document.querySelector("#losses .note").textContent == "On the validation set, as of epoch 2 of 4."`)
	if kept := browser.Eval[string](tab, `document.activeElement.dataset.path + " " + document.activeElement.value + " " + document.getElementById("changed").textContent`); !strings.HasPrefix(kept, path+" delete 1 of ") {
		t.Errorf("of a choice is left: %q", kept)
	}
	// What has the focus keeps it while the table under it is written anew.
	tab.Do(chromedp.Focus("#fit-2 .scroll"))
	tab.Until(`document.querySelectorAll("#fit-2 tbody tr").length == 3`)
	if !browser.Eval[bool](tab, `document.activeElement === document.querySelector("#fit-2 .scroll")`) {
		t.Error("the table lost the focus")
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
	for _, r := range tab.Requests() {
		if r != b.URL() && r != b.URL()+"events" {
			t.Errorf("the page asks for %s", r)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	tab.Until(`document.getElementById("link").textContent.includes("stays as it is")`)
	rows := browser.Eval[int](tab, `document.querySelectorAll("#fit-2 tbody tr").length`)
	if rows != 4 {
		t.Error(fmt.Sprint(rows, " rows are left"))
	}
	tab.Size(1280, 900, false)
	tab.Shot(filepath.Join(dir, "ended.png"))
}
