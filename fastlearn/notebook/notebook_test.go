package notebook

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/loss"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/fastlearn/summary"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// cell stands for gonb: it runs one of the tests below in a process of its own, as the program
// of a cell, and takes in what that shows. asCell is what the process runs.
func cell(t *testing.T, test string) (shown []protocol.DisplayData) {
	t.Helper()
	dir := t.TempDir()
	out, back := filepath.Join(dir, "out"), filepath.Join(dir, "back")
	for _, pipe := range []string{out, back} {
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Skipf("no named pipes here: %v", err)
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), "FASTLEARN_CELL=1", protocol.GONB_PIPE_ENV+"="+out, protocol.GONB_PIPE_BACK_ENV+"="+back)
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Both ways, so that neither side waits for the other to open them.
	from, err := os.OpenFile(out, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	to, err := os.OpenFile(back, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	read := make(chan []protocol.DisplayData)
	go func() {
		var all []protocol.DisplayData
		messages, answers := gob.NewDecoder(from), gob.NewEncoder(to)
		for {
			var d protocol.DisplayData
			if messages.Decode(&d) != nil {
				break
			}
			if v, ok := d.Data[protocol.MIMECommValue]; ok {
				value := v.(protocol.CommValue)
				if value.Address == protocol.GonbuiSyncAddress {
					_ = answers.Encode(protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: value.Value})
				}
				continue
			}
			all = append(all, d)
		}
		read <- all
	}()
	err = cmd.Wait()
	from.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	from.Close()
	shown = <-read
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if strings.Contains(text.String(), "train_loss") {
		t.Errorf("the table is printed, too:\n%s", text.String())
	}
	return shown
}

func asCell(t *testing.T) {
	if os.Getenv("FASTLEARN_CELL") == "" {
		t.Skip("another test runs this as the program of a cell")
	}
}

func text(d protocol.DisplayData) string {
	s, _ := d.Data[protocol.MIMETextHTML].(string)
	return s
}

func square() image.Image {
	m := image.NewRGBA(image.Rect(2, 2, 12, 9))
	for y := range 7 {
		for x := range 10 {
			m.Set(2+x, 2+y, color.RGBA{uint8(20 * x), uint8(30 * y), 7, 255})
		}
	}
	return m
}

// tablesItself and drawsItself are others' types that can be shown.
type tablesItself struct{}

func (tablesItself) Table() ([]string, [][]string) {
	return []string{"a <b>"}, [][]string{{"1 & 2"}}
}

type drawsItself struct{}

func (drawsItself) Image() image.Image { return square() }

func interpretation() *fastlearn.Interpretation {
	return &fastlearn.Interpretation{Vocab: []string{"lily", "rose <3"}, Preds: &fastlearn.Preds{
		Probs: [][]float64{{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}}, Decoded: []int{0, 1, 0}, Targets: []int{0, 1, 1}, Losses: []float64{0.1, 0.2, 0.9}, Items: []int{0, 1, 2},
	}}
}

func curve() *fastlearn.LRFound {
	f := &fastlearn.LRFound{Valley: 1e-3, Slide: math.NaN(), Minimum: math.NaN(), Steep: math.NaN()}
	for i := range 50 {
		f.LRs, f.Losses = append(f.LRs, math.Pow(10, float64(i)/10-5)), append(f.Losses, 2-float64(i)/40)
	}
	return f
}

func TestCellShows(t *testing.T) {
	asCell(t)
	summary, err := summary.Of(nn.NewLinear(3, 2), torch.NewScope().Zeros(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	if err := Show(square(), &vision.Image{W: 1, H: 1, C: 3, Pix: []byte{1, 2, 3}}, drawsItself{}, HTML("<i>as it is</i>"), "a < b",
		[][]string{{"x", "y"}, {"<1>", "2"}}, tablesItself{}, summary, predictor.Prediction{Label: "rose", Index: 1, Probs: []float64{0.25, 0.75}}); err != nil {
		t.Fatal(err)
	}
	if err := Show(interpretation(), curve()); err != nil {
		t.Fatal(err)
	}
	for name, x := range parity.Sorted(map[string]any{"nil": nil, "nil picture": (*image.RGBA)(nil), "no pixels": &vision.Image{}, "no row": [][]string{}, "no epoch": &fastlearn.Recorder{}, "no curve": &fastlearn.LRFound{}, "no class": &fastlearn.Interpretation{}}) {
		if err := Show(x); err == nil || !strings.HasPrefix(err.Error(), "notebook: thing 1, a ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The example shows the rate finder's curve, the table and curves of both fits, and what is confused.
func TestExampleInACell(t *testing.T) {
	if shown := cell(t, "TestExample"); len(shown) < 4 {
		t.Errorf("it shows %d things", len(shown))
	}
}

// What a cell shows arrives: pictures with their pixels, text escaped.
func TestShow(t *testing.T) {
	shown := cell(t, "TestCellShows")
	if len(shown) != 12 {
		t.Fatalf("%d things are shown", len(shown))
	}
	for i, size := range parity.Sorted(map[int]image.Point{0: {10, 7}, 1: {1, 1}, 2: {10, 7}, 9: {}, 11: {}}) {
		file, _ := shown[i].Data[protocol.MIMEImagePNG].([]byte)
		m, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("thing %d: %v", i, err)
		}
		if size != (image.Point{}) && m.Bounds().Size() != size {
			t.Errorf("thing %d: %v", i, m.Bounds())
		}
		if i == 0 && m.At(3, 2) != square().At(5, 4) && fmt.Sprint(m.At(3, 2)) != "{60 60 7 255}" {
			t.Errorf("another pixel: %v", m.At(3, 2))
		}
	}
	for i, want := range parity.Sorted(map[int]string{3: "<i>as it is</i>", 4: "<pre>a &lt; b</pre>", 5: "<th>x</th><th>y</th></tr></thead><tbody><tr><td>&lt;1&gt;</td><td>2</td>",
		6: "<th>a &lt;b&gt;</th></tr></thead><tbody><tr><td>1 &amp; 2</td>", 7: "<td>Linear</td><td>1×2</td><td>8</td>", 8: "<b>rose, 75.0 %</b>", 10: "<td>rose &lt;3</td><td>lily</td><td>1</td>"}) {
		if !strings.Contains(text(shown[i]), want) {
			t.Errorf("thing %d: %q, want %q", i, text(shown[i]), want)
		}
	}
}

func learner(t *testing.T) *fastlearn.Learner {
	torch.ManualSeed(1)
	var own *torch.Scope
	x, y := own.Randn(40, 1), own.Randn(40, 1)
	dls := data.NewLoaders(&data.TensorLoader{X: x, Y: y, BatchSize: 4}, &data.TensorLoader{X: x, Y: y, BatchSize: 8}, torch.CPU)
	learn, err := fastlearn.NewLearner(dls, nn.NewLinear(1, 1), fastlearn.LossFunc(loss.MSE{}), fastlearn.Callbacks(Progress(), ShowGraph()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close(); x.Close(); y.Close() })
	return learn
}

// slow makes a batch take a while.
type slow struct{}

func (slow) AfterBatch(*fastlearn.Learner) error { time.Sleep(40 * time.Millisecond); return nil }

func TestCellTrains(t *testing.T) {
	asCell(t)
	learn := learner(t)
	if err := learn.Fit(t.Context(), 2, nil, fastlearn.Callbacks(slow{})); err != nil {
		t.Fatal(err)
	}
	if err := Show(learn.Recorder); err != nil {
		t.Fatal(err)
	}
	before := learn.Recorder.Values
	if _, err := learn.LRFind(t.Context(), fastlearn.NumIt(8)); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(before) != fmt.Sprint(learn.Recorder.Values) {
		t.Error("the finder's epochs are recorded")
	}
}

// A training's table and graph are there once and grow; the bar is there while it trains,
// and at last the table is all there is.
func TestProgress(t *testing.T) {
	shown := cell(t, "TestCellTrains")
	ids := map[string][]string{}
	var order []string
	for _, d := range shown {
		if ids[d.DisplayID] == nil {
			order = append(order, d.DisplayID)
		}
		ids[d.DisplayID] = append(ids[d.DisplayID], text(d))
	}
	if len(order) != 4 || order[2] != "" { // table, graph, what Show showed, the finder's bar
		t.Fatalf("%d outputs: %q", len(order), order)
	}
	tables, graphs, finder := ids[order[0]], ids[order[1]], ids[order[3]]
	last := tables[len(tables)-1]
	if strings.Count(last, "<tr>") != 3 || strings.Contains(last, "<progress") || !strings.Contains(last, "<th>train_loss</th>") {
		t.Errorf("at last: %q", last)
	}
	if all := strings.Join(tables, ""); !strings.Contains(all, "epoch 1/2 train ") || !strings.Contains(all, "/10, loss ") {
		t.Errorf("no bar among %q", tables)
	}
	if len(graphs) != 2 || graphs[0] == graphs[1] || !strings.HasPrefix(graphs[1], "<img ") {
		t.Errorf("%d graphs", len(graphs))
	}
	if finder[len(finder)-1] != "" {
		t.Errorf("the finder leaves %q", finder[len(finder)-1])
	}
}

// Elsewhere there is an error that says so, and the table is the learner's logger's.
func TestOutsideOfANotebook(t *testing.T) {
	if In() {
		t.Skip("in a notebook")
	}
	if err := Show("x"); !errors.Is(err, ErrNoNotebook) {
		t.Error(err)
	}
	rows := 0
	learn := learner(t)
	learn.Logger = func([]string) { rows++ }
	if err := learn.Fit(t.Context(), 1, nil); err != nil || rows != 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// A recorder is a table as it was printed, and its losses where they are numbers.
func TestRecorder(t *testing.T) {
	r := &fastlearn.Recorder{
		MetricNames: []string{"epoch", "train_loss", "valid_loss", "time"}, Losses: []float64{2, 1}, Iters: []int{1, 2},
		Values: [][]float64{{2, 1.5}, nil}, Times: []time.Duration{95 * time.Second, time.Second},
	}
	pieces, err := recorded(r)
	if err != nil || len(pieces) != 2 {
		t.Fatalf("%d pieces, %v", len(pieces), err)
	}
	shown := pieces[0][protocol.MIMETextHTML].(string)
	for _, row := range []string{
		"<th>epoch</th><th>train_loss</th><th>valid_loss</th><th>time</th>",
		"<td>0</td><td>2.000000</td><td>1.500000</td><td>01:35</td>", "<td>1</td><td></td><td></td><td>00:01</td>",
	} {
		if !strings.Contains(shown, row) {
			t.Errorf("%s lacks %s", shown, row)
		}
	}
	r.Losses, r.Values = []float64{math.NaN()}, [][]float64{{math.NaN(), math.NaN()}}
	if pieces, err := recorded(r); err != nil || len(pieces) != 1 {
		t.Errorf("losses that aren't numbers: %d pieces, %v", len(pieces), err)
	}
}
