package page

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/internal/browser"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// sorting clicks each head of each table twice and tells what isn't in order then: numbers by their size, what isn't one last, the
// worst or the most first.
const sorting = `[...document.querySelectorAll("table.sortable")].flatMap((table) => [...table.querySelectorAll("button.sort")].flatMap((button) => {
	const head = button.closest("th"), k = head.cellIndex, name = table.caption.textContent + " " + button.textContent;
	const column = () => [...table.tBodies[0].rows].map((r) => r.cells[k].textContent);
	const before = column().toSorted().join();
	const wrong = [];
	for (const click of [0, 1]) {
		button.click();
		const down = head.getAttribute("aria-sort") === "descending";
		if (down !== (/Pictures|Training|Validation/.test(button.textContent) ? click === 0 : click === 1)) wrong.push(name + " begins the other way");
		const texts = column(), numbers = texts.map((x) => Number(x.replaceAll(",", "").replace("−", "-")));
		if (texts.toSorted().join() !== before) wrong.push(name + " has other rows");
		for (let i = 1; k > 0 && i < texts.length; i++) {
			const [a, b] = [numbers[i - 1], numbers[i]];
			if (Number.isNaN(a) ? !Number.isNaN(b) : down ? a < b : a > b) wrong.push(name + ": " + texts[i - 1] + " is before " + texts[i]);
		}
		if ([...table.querySelectorAll("[aria-sort]")].length !== 1) wrong.push(name + ": several columns say that they are sorted");
	}
	return wrong;
}))`

// all opens each table that is cut short, and shuts it again: it tells those of which something stays hidden, or that aren't cut again.
const all = `[...document.querySelectorAll(".all input")].flatMap((box) => {
	const region = box.closest(".all").previousElementSibling, hides = () => region.scrollHeight > region.clientHeight + 1;
	const closed = hides();
	box.click();
	const open = hides();
	box.click();
	return closed && !open && hides() ? [] : [region.getAttribute("aria-label") + " " + closed + " " + open + " " + hides()];
})`

// Tables are sorted by each of their columns, both ways, and shown whole by a click.
func TestTablesInBrowser(t *testing.T) {
	many := manyClasses(t)
	a, b := many.Recorded(nil), many.Recorded(nil)
	a.Scores, b.Scores = map[string]float64{"only a": 0.5}, map[string]float64{"only b": 0.25}
	for i := range 40 {
		a.Scores[fmt.Sprint("class ", i)], b.Scores[fmt.Sprint("class ", i)] = float64(i*7%40)/40, float64(i*11%40)/40
	}
	two := &Page{Title: "Two", Compared: NewCompared(a, b, "A", "B")}
	tab := browser.Open(t)
	dir := t.TempDir()
	for name, c := range parity.Sorted(map[string]struct {
		page         *Page
		columns, cut int
	}{"many": {many, 8, 3}, "two": {two, 4, 1}}) {
		file := filepath.Join(dir, name+".html")
		html, err := c.page.HTML()
		if err == nil {
			err = os.WriteFile(file, html, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		tab.Size(1280, 900, false)
		tab.Do(chromedp.Navigate("file://" + file))
		for what, want := range parity.Sorted(map[string]int{"button.sort": c.columns, ".all input": c.cut}) {
			if n := browser.Eval[int](tab, fmt.Sprintf(`document.querySelectorAll(%q).length`, what)); n != want {
				t.Errorf("%s: %d %s, want %d", name, n, what, want)
			}
		}
		for _, script := range []string{sorting, all} {
			for _, wrong := range browser.Eval[[]string](tab, script) {
				t.Errorf("%s: %s", name, wrong)
			}
		}
		if problems := tab.Problems(); problems != nil {
			t.Errorf("%s complains: %q", name, problems)
		}
	}
}
