package report_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
	"github.com/fastlearn-go/fastlearn/internal/browser"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The page opens from disk without a complaint and without asking for anything, fits a phone, and its
// choices, made with the keyboard alone, come to a file that Go reads.
func TestInBrowser(t *testing.T) {
	tab := browser.Open(t)
	learn := trained(t, hostile)
	dir := out(t)
	path := filepath.Join(dir, "page.html")
	if err := report.Write(learn, path, report.Title("Drawn flowers")); err != nil {
		t.Fatal(err)
	}
	url := "file://" + path
	tab.Size(1280, 900, false)
	tab.Do(chromedp.Navigate(url), chromedp.WaitVisible("#versions-h"))
	tab.Shot(filepath.Join(dir, "desktop.png"))
	tab.PDF(filepath.Join(dir, "print.pdf"))

	if title := browser.Eval[string](tab, `document.title`); title != "Drawn flowers" {
		t.Errorf("the title is %q", title)
	}
	for _, w := range []int64{1280, 768, 360, 320} {
		tab.Size(w, 800, w == 768)
		if wide := browser.Eval[int64](tab, `document.documentElement.scrollWidth`); wide > w {
			t.Errorf("at a width of %d the page is %d wide", w, wide)
		}
	}
	tab.Size(360, 780, false)
	tab.Shot(filepath.Join(dir, "phone.png"))
	tab.Size(1280, 900, true)
	tab.Shot(filepath.Join(dir, "dark.png"))
	if !browser.Eval[bool](tab, `[...document.images].every(m => m.complete && m.naturalWidth > 0) && document.images.length > 30`) {
		t.Error("not all pictures are drawn")
	}

	// By keyboard: the first stop leads to the content, a picture opens, a choice is made.
	tab.Do(chromedp.KeyEvent(kb.Tab))
	if at := browser.Eval[string](tab, `document.activeElement.className`); at != "skip" {
		t.Errorf("the first stop is %q", at)
	}
	tab.Do(chromedp.Focus("#losses summary"), chromedp.KeyEvent(kb.Enter))
	if !browser.Eval[bool](tab, `document.querySelector("#losses details").open`) {
		t.Error("Enter doesn't open a picture")
	}
	if at := browser.Eval[string](tab, `getComputedStyle(document.activeElement).outlineStyle`); at == "none" {
		t.Error("one can't see where the focus is")
	}
	// What the model took a picture for is one click.
	if as := browser.Eval[string](tab, `(() => {
		const li = document.querySelector("#losses li:has(button.as)"), select = li.querySelector("select");
		li.querySelector("button.as").click();
		const first = select.querySelector("optgroup option").value, chosen = select.value;
		select.value = "keep";
		select.dispatchEvent(new Event("change", {bubbles: true}));
		return chosen === first && chosen === "relabel:" + select.dataset.predicted ? "" : chosen + ", the first is " + first;
	})()`); as != "" {
		t.Errorf("a click chooses %s", as)
	}
	tab.Downloads(dir)
	tab.Do(chromedp.KeyEvent(kb.Enter),
		chromedp.Focus("#losses li:nth-child(1) select"), chromedp.KeyEvent("d"), // delete
		chromedp.Focus("#losses li:nth-child(2) select"), chromedp.KeyEvent("<")) // <script>…
	if said := browser.Eval[string](tab, `document.getElementById("changed").textContent`); said != "2 of 24 to change" {
		t.Errorf("the page says %q", said)
	}
	saved := filepath.Join(dir, "choices.csv")
	os.Remove(saved)
	tab.Do(chromedp.Focus("#download"), chromedp.KeyEvent(kb.Enter))
	parity.Until(t, "the choices are saved", func() bool { info, err := os.Stat(saved); return err == nil && info.Size() > 0 })
	got, err := clean.ReadChoices(saved)
	if err != nil {
		t.Fatal(err)
	}
	interp, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := clean.Choices(interp, 24)
	if err != nil {
		t.Fatal(err)
	}
	want[0].Choice, want[1].Choice = clean.Delete, clean.Relabel(hostile["rose"])
	if !slices.Equal(got, want) {
		t.Errorf("choices\n%q, want\n%q", got, want)
	}
	if p := tab.Problems(); p != nil {
		t.Errorf("the page complains: %q", p)
	}
	tab.Axe(t)
	for _, r := range tab.Requests() {
		if !strings.HasPrefix(r, "file://"+path) {
			t.Errorf("the page asks for %s", r)
		}
	}
}
