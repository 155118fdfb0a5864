package page

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// A model's confidence is binned, and its expected calibration error calculated, as numpy does it.
func TestCalibrationEqualsNumpy(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type asked struct {
		Sure  []float64 `json:"sure"`
		Right []bool    `json:"right"`
	}
	cases := []asked{{[]float64{0, 1, 0.5}, []bool{false, true, true}}, {[]float64{1}, []bool{false}}}
	for _, n := range []int{7, 1000} {
		var c asked
		for range n {
			p := math.Sqrt(r.Float64())
			c.Sure, c.Right = append(c.Sure, p), append(c.Right, r.Float64() < p*p)
		}
		cases = append(cases, c)
	}
	var want []struct {
		ECE, Accuracy, Chance float64
		Bins                  [][3]float64
	}
	parity.Python(t, "calibration.py", cases, &want)
	for i, c := range cases {
		got, w := Calibrate(c.Sure, c.Right), want[i]
		parity.Relative(t, "numbers", []float64{got.ECE, got.Accuracy, got.Chance}, []float64{w.ECE, w.Accuracy, w.Chance}, 1e-12)
		var bins [][3]float64
		for _, b := range got.Bins {
			bins = append(bins, [3]float64{float64(b.N), b.Confidence, b.Accuracy})
		}
		if len(bins) != len(w.Bins) {
			t.Fatalf("%d: bins %v, want %v", i, bins, w.Bins)
		}
		for k := range bins {
			parity.Relative(t, "bin", bins[k][:], w.Bins[k][:], 1e-12)
		}
	}
}

// What a loss ignores, and what has no probability, isn't part of the calibration.
func TestCalibrationOfOddItems(t *testing.T) {
	i := &fastlearn.Interpretation{Preds: &fastlearn.Preds{Targets: []int{-100, 1, 0, 0}, Decoded: []int{1, 1, 1, 0}, Probs: [][]float64{{0.1, 0.9}, {0.2, 0.8}, {0.4, 0.6}, {math.NaN(), 0}}}, Vocab: []string{"a", "b"}}
	if c := NewCalibration(i); c.N != 2 || math.Abs(c.ECE-(0.2+0.6)/2) > 1e-12 {
		t.Errorf("%+v", c)
	}
	if c := NewCalibration(&fastlearn.Interpretation{Preds: &fastlearn.Preds{Targets: []int{1}, Decoded: []int{1}}, Vocab: []string{"a", "b"}}); c.N != 0 {
		t.Errorf("without probabilities: %+v", c)
	}
}

// recorder is one of a fit of so many epochs, each of ten batches.
func recorder(epochs int, loss float64, names ...string) *fastlearn.Recorder {
	r := &fastlearn.Recorder{MetricNames: append(append([]string{"epoch", "train_loss", "valid_loss"}, names...), "time"), Hypers: map[string][]float64{}}
	for e := range epochs {
		for range 10 {
			r.Losses, r.LRs = append(r.Losses, loss), append(r.LRs, 1e-3)
		}
		row := []float64{loss, loss + 1}
		for range names {
			row = append(row, 0.5+0.01*float64(e))
		}
		r.Iters, r.Values, r.Times = append(r.Iters, len(r.Losses)), append(r.Values, row), append(r.Times, time.Second)
	}
	r.Hypers["lr"] = r.LRs
	return r
}

// FineTune's fits share a table and charts, and a fit of one epoch takes one line; one that measures other things stands alone.
func TestRuns(t *testing.T) {
	runs := Runs([]Fit{NewFit(1, recorder(1, 2, "accuracy"), 2, 3), NewFit(2, recorder(3, 1, "accuracy"), 0, 3), NewFit(3, recorder(2, 1, "error_rate"), 0, 3)})
	if len(runs) != 2 || runs[0].ID != "run-1" || runs[1].ID != "run-3" || runs[0].Title != "Fits 1 to 2" || runs[1].Title != "Fit 3" {
		t.Fatalf("%d runs: %+v", len(runs), runs)
	}
	var titles []string
	for _, c := range runs[0].Charts {
		titles = append(titles, c.Title)
		if len(c.Marks) != 1 {
			t.Errorf("%s: the second fit's start isn't marked once: %v", c.Title, c.Marks)
		}
	}
	if !slices.Equal(titles, []string{"Loss", "Accuracy", "Learning rate"}) {
		t.Errorf("charts %q", titles)
	}
	if acc := runs[0].Charts[1].Series[0]; len(acc.Dots) != 4 || strings.Count(acc.Path, "M") != 2 {
		t.Errorf("accuracy: %+v", acc)
	}
	begun := NewFit(4, &fastlearn.Recorder{}, 0, 3)
	if a, b := Runs([]Fit{runs[1].Fits[0], begun}), Runs([]Fit{begun}); len(a) != 1 || len(a[0].Fits) != 1 || len(b) != 1 {
		t.Errorf("a fit that has just begun: %+v, %+v", a, b)
	}
	html, err := runs[0].HTML()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(html, "<tr>"); n != 1+1+3 || strings.Count(html, "<table") != 1 || !strings.Contains(html, `<th scope="rowgroup" rowspan="1">Fit 1 <span class="note">2 of 3 parameter groups frozen</span></th>`) {
		t.Errorf("%d rows: %s", n, html)
	}
}

// Fractions are told from what is below 1 by chance.
func TestIsFraction(t *testing.T) {
	for name, want := range parity.Sorted(map[string]bool{"accuracy": true, "error_rate": true, "f1_score": true, "jaccard": true, "rmse": false, "_exp_rmspe": false, "mae": false, "valid_loss": false, "perplexity": false, "mse_2": false, "my own": true, "norms": true}) {
		if got := IsFraction(name, []Point{{1, 0.2}, {2, math.NaN()}}); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if IsFraction("accuracy in per cent", []Point{{1, 20}}) {
		t.Error("20 is a fraction")
	}
}

// Names may break after what joins their words, and numbers nowhere.
func TestParts(t *testing.T) {
	for name, want := range parity.Sorted(map[string]string{"forget_me_not": "forget_|me_|not", "a/b.jpg": "a/|b.|jpg", "loss 3.5, p 0.25": "loss 3.5,| p 0.25", "x-ray-3": "x-|ray-3", "花_名": "花_|名", "": "", "_": "_"}) {
		if got := strings.Join(parts(name), "|"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// Counts beside each other have shades of their own.
func TestNeighbouringCounts(t *testing.T) {
	for _, counts := range [][]int{{1, 2, 3, 97, 98, 99}, {10, 11}, {1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		s := newShades([][]int{counts, {0}})
		heats, opacities := map[string]bool{}, map[string]bool{}
		for _, n := range counts {
			heats[s.heat(n)], opacities[s.opacity(n)] = true, true
		}
		if len(heats) != len(counts) || len(opacities) != len(counts) {
			t.Errorf("%v: %v, %v", counts, heats, opacities)
		}
	}
}

// Of many classes the matrix begins with those that are confused most, and counts what they were taken for beyond them.
func TestMatrixOfTheMostConfused(t *testing.T) {
	counts, names := make([][]int, 40), make([]string, 40)
	for i := range counts {
		counts[i], names[i] = make([]int, 40), fmt.Sprint("c", i)
		counts[i][i] = 10
		counts[i][(i+20)%40]++
	}
	counts[7][30], counts[30][7] = 6, 5
	m := NewMatrix(counts, names)
	if len(m.Rows) != worstMost || m.Classes[0] != "c7" || m.Classes[1] != "c30" || m.Rows[0].Cells[1].N != 6 || m.Rows[0].Others != 1 || m.Drawing == nil {
		t.Errorf("%q: %+v", m.Classes, m.Rows[0])
	}
	for i := range counts {
		clear(counts[i])
		counts[i][i] = 3
	}
	if m := NewMatrix(counts, names); m.Rows != nil || m.Drawing == nil {
		t.Errorf("without confusions: %+v", m.Rows)
	}
}

// A record comes back from its page, numbers that JSON lacks included, and a table of epochs is one too; what is neither is an error.
func TestRecords(t *testing.T) {
	r := recorder(2, 1, "accuracy")
	r.Values[1] = []float64{math.NaN(), math.Inf(1)}
	p := &Page{Title: "</script><b>", Runs: Runs([]Fit{NewFit(1, recorder(1, 2, "accuracy"), 1, 2), NewFit(2, r, 0, 2)}), Settings: []Fact{{"lr", "0.1"}}}
	p.Record = p.Recorded(nil)
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	back, err := ReadRecord(write("a.html", string(html)))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(back)
	want, _ := json.Marshal(p.Record)
	if string(got) != string(want) || len(back.Epochs) != 3 || back.Seconds != 3 || !math.IsInf(back.value(2, 1), 1) || !math.IsNaN(back.value(2, 2)) || back.Title != p.Title {
		t.Errorf("%s\nwant %s", got, want)
	}
	table, err := ReadRecord(write("h.csv", "epoch,train_loss,valid_loss,accuracy,time\n0,1,2,0.5,00:03\nepoch,train_loss,valid_loss,accuracy,time\n0,1,2,0.5,01:03\n1,0.5,nan,0.75,00:01\n"))
	if err != nil || len(table.Epochs) != 2 || table.Seconds != 64 || table.value(1, 2) != 0.75 {
		t.Errorf("%+v, %v", table, err)
	}
	cut, _, _ := strings.Cut(string(html), `id="record"`)
	for name, c := range parity.Sorted(map[string][2]string{
		"cut.html": {cut, "record"}, "half.html": {string(html[:len(cut)+40]), "record"}, "other.html": {"<html></html>", "report.Write"}, "empty.csv": {"", "no epoch"},
		"words.csv": {"name,age\nx,3\n", "line 1"}, "bad.csv": {"epoch,train_loss,time\n0,x,1\n", "isn't a number"}, "broken.html": {`<html><script type="application/json" id="record">{</script>`, "record"},
		"rows.html": {`<html><script type="application/json" id="record">{"Heads":["epoch","a","time"],"Epochs":[[1,2]]}</script>`, "2 numbers under 1 head"},
	}) {
		if _, err := ReadRecord(write(name, c[0])); err == nil || !strings.Contains(err.Error(), c[1]) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two runs are compared by what is best, by class and by what differs.
func TestCompared(t *testing.T) {
	a, b := &Page{Runs: Runs([]Fit{NewFit(1, recorder(2, 1, "accuracy"), 0, 1)}), Settings: []Fact{{"lr", "0.1"}, {"wd", "0.01"}}}, &Page{Runs: Runs([]Fit{NewFit(1, recorder(5, 0.5, "accuracy", "f1"), 0, 1)}), Settings: []Fact{{"lr", "0.2"}, {"wd", "0.01"}, {"ema", "0.9"}}}
	ra, rb := a.Recorded(nil), b.Recorded(nil)
	ra.Scores, rb.Scores = map[string]float64{"rose": 0.9, "lily": 0.5, "gone": 1}, map[string]float64{"rose": 0.7, "lily": 0.6, "new": 0.3}
	c := NewCompared(ra, rb, "A", "B")
	want := [][]string{{"train loss", "1.0000", "0.5000", "−0.5000", "1.0000", "0.5000"}, {"valid loss", "2.0000", "1.5000", "−0.5000", "2.0000", "1.5000"},
		{"accuracy", "0.5100", "0.5400", "+0.0300", "0.5100", "0.5400"}, {"f1", "–", "0.5400", "–", "–", "0.5400"}, {"epochs", "", "", "", "2", "5"}, {"time", "", "", "", "2.0 s", "5.0 s"}}
	if fmt.Sprint(c.Metrics) != fmt.Sprint(want) {
		t.Errorf("metrics %q", c.Metrics)
	}
	if got := fmt.Sprint(c.Scores); got != "[[rose 0.900 0.700 −0.200] [lily 0.500 0.600 +0.100] [gone 1.000 – –] [new – 0.300 –]]" {
		t.Errorf("scores %s", got)
	}
	if got := fmt.Sprint(c.Differences); got != "[[lr 0.1 0.2] [ema – 0.9]]" {
		t.Errorf("differences %s", got)
	}
	if len(c.Charts) != 4 {
		t.Errorf("%d charts", len(c.Charts))
	}
}
