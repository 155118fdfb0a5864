package report_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/callback"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
	"github.com/fastlearn-go/fastlearn/internal/browser"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// Two reports, or a report and a table of epochs, come to one page; what is neither is an error that leaves the page that is there.
func TestCompare(t *testing.T) {
	dir := out(t)
	table := filepath.Join(dir, "history.csv")
	learn := trained(t, hostile, fastlearn.Callbacks(callback.CSVLogger(table, callback.Append())))
	a, b, page := filepath.Join(dir, "a.html"), filepath.Join(dir, "b.html"), filepath.Join(dir, "compare.html")
	found := &fastlearn.LRFound{Valley: 1e-3, Slide: 1e-2, Minimum: 3e-2, Steep: 2e-3}
	for i := range 100 {
		found.LRs, found.Losses = append(found.LRs, 1e-7*float64(int(1)<<(i/4))), append(found.Losses, 2-float64(i)/100)
	}
	if err := report.Write(learn, a, report.Title("First"), report.LRFind(found)); err != nil {
		t.Fatal(err)
	}
	if err := learn.Fit(t.Context(), 1, fastlearn.LR(1e-3)); err != nil {
		t.Fatal(err)
	}
	if err := report.Write(learn, b, report.Title("Second")); err != nil {
		t.Fatal(err)
	}
	if err := report.Compare(a, b, page); err != nil {
		t.Fatal(err)
	}
	html := read(t, page)
	for _, want := range []string{"First (", "Second (", "Accuracy", "Error rate", "expected calibration error", "F1 of each class", "&lt;script&gt;", `<tr><th scope="row">lr</th>`, "Settings that differ"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(html, ">Training<") {
		t.Error("it has an empty part")
	}
	wellFormed(t, html)
	external(t, html)
	if first := read(t, a); !strings.Contains(first, "Learning rate finder") || !strings.Contains(first, "valley 0.001") {
		t.Error("the report lacks the finder's curve")
	}
	other := filepath.Join(dir, "other.html")
	if err := report.Compare(a, table, other); err != nil {
		t.Fatal(err)
	}
	if html := read(t, other); !strings.Contains(html, "history.csv") || strings.Contains(html, "F1 of each class") || !strings.Contains(html, "a table of epochs doesn&#39;t have them") {
		t.Error("a table of epochs has more than epochs")
	}
	for _, wrong := range [][2]string{{a, filepath.Join(dir, "nowhere.html")}, {other, b}} {
		before := read(t, page)
		if err := report.Compare(wrong[0], wrong[1], page); err == nil || read(t, page) != before {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if err := report.Compare(a, b, filepath.Join(dir, "no", "where.html")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
	t.Run("browser", func(t *testing.T) { inBrowser(t, a, page, dir) })
}

// inBrowser looks at both pages: tables are sorted and shown whole by what is there for it.
func inBrowser(t *testing.T, single, compared, dir string) {
	tab := browser.Open(t)
	for name, page := range parity.Sorted(map[string]string{"single": single, "compared": compared}) {
		tab.Size(1280, 900, false)
		tab.Do(chromedp.Navigate("file://" + page))
		tab.Shot(filepath.Join(dir, name+".png"))
		sorted := browser.Eval[string](tab, `(() => {
			const table = document.querySelector("table.sortable"), column = () => [...table.tBodies[0].rows].map(r => r.cells[0].textContent);
			const button = table.querySelector("button.sort"), was = column();
			button.click();
			const up = column(), said = table.querySelector("th").getAttribute("aria-sort");
			button.click();
			return said + " " + (up.join() === was.toSorted((a, b) => a.localeCompare(b, undefined, {numeric: true})).join()) + " " + (up.reverse().join() === column().join());
		})()`)
		if sorted != "ascending true true" {
			t.Errorf("%s: sorting by name: %s", name, sorted)
		}
		for _, w := range []int64{1920, 390} {
			tab.Size(w, 844, true)
			if wide := browser.Eval[int64](tab, `document.documentElement.scrollWidth`); wide > w {
				t.Errorf("%s: at a width of %d the page is %d wide", name, w, wide)
			}
			tab.Shot(filepath.Join(dir, fmt.Sprintf("%s%d.png", name, w)))
		}
		if p := tab.Problems(); p != nil {
			t.Errorf("%s complains: %q", name, p)
		}
		t.Run(name, func(t *testing.T) { tab.Axe(t) })
	}
}

// A card has the front matter that Hugging Face reads, whatever the classes are called, and tables that Markdown shows.
func TestCard(t *testing.T) {
	learn := trained(t, hostile)
	path := filepath.Join(out(t), "README.md")
	if err := report.Card(learn, path, report.TopLosses(3)); err == nil || !strings.Contains(err.Error(), "TopLosses") {
		t.Errorf("an option that a card ignores: %v", err)
	}
	const title = `Flowers: "drawn" \ & <b>more</b>`
	if err := report.Card(learn, path, report.Title(title)); err != nil {
		t.Fatal(err)
	}
	text := read(t, path)
	for _, want := range []string{"# Flowers: \"drawn\" \\\\ &amp; &lt;b>more&lt;/b>", "resnet18 for pictures of 10 classes, trained with fastlearn", "| accuracy |", "| error rate |", "Expected calibration error"} {
		if !strings.Contains(text, want) {
			t.Errorf("the card lacks %q", want)
		}
	}
	if strings.Contains(text, "<script") {
		t.Error("a class became a part of the page")
	}
	var got struct {
		Front struct {
			Library string   `json:"library_name"`
			Task    string   `json:"pipeline_tag"`
			Tags    []string `json:"tags"`
			Metrics []string `json:"metrics"`
			Index   []struct {
				Name    string `json:"name"`
				Results []struct {
					Metrics []struct {
						Type  string  `json:"type"`
						Value float64 `json:"value"`
					} `json:"metrics"`
				} `json:"results"`
			} `json:"model-index"`
		} `json:"front"`
		Results [][]any `json:"results"`
	}
	parity.Python(t, "modelcard.py", map[string]string{"path": path}, &got)
	r := learn.Recorder
	last := r.Values[len(r.Values)-1]
	f := got.Front
	if f.Library != "fastlearn" || f.Task != "image-classification" || !slices.Contains(f.Tags, "image-classification") || !slices.Equal(f.Metrics, []string{"accuracy", "error_rate"}) {
		t.Errorf("front matter %+v", f)
	}
	if len(f.Index) != 1 || f.Index[0].Name != title || f.Index[0].Results[0].Metrics[0].Type != "accuracy" || f.Index[0].Results[0].Metrics[0].Value != last[2] {
		t.Errorf("model-index %+v, want %v", f.Index, last)
	}
	if got.Results != nil && fmt.Sprint(got.Results[0]) != fmt.Sprint([]any{"image-classification", "validation set", "accuracy", last[2]}) {
		t.Errorf("huggingface_hub reads %v", got.Results)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
