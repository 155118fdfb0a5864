package report_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/fastlearn/report"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// hostile are the names of classes that break pages which don't escape them.
var hostile = map[string]string{
	"rose": "<script>document.title='broken'</script>", "lily": `"onmouseover="alert(1)`, "daisy": "{{.}} & 'daisies' </style></svg>",
	"tulip": "the very long name of a tulip that has no end, Tulipa gesneriana var. longissima subsp. interminabilis", "poppy": "délicat 花 🌼",
}

// trained is a learner of a few drawn flowers, after a short FineTune.
func trained(t *testing.T, rename map[string]string, opts ...fastlearn.LearnerOption) *fastlearn.Learner {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(10)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, f := range files {
		label := filepath.Base(filepath.Dir(f))
		if other, ok := rename[label]; ok {
			label = other
		}
		labels = append(labels, label)
	}
	torch.ManualSeed(1)
	dls, err := data.FromLists(files, labels, data.ValidPct(0.3), data.SplitSeed(1), data.BatchSize(16), data.ItemTfms(vision.Resize(96)),
		data.BatchTfms(vision.AugTransforms(vision.Size(64), vision.MinScale(0.75))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dls.Close() })
	opts = append([]fastlearn.LearnerOption{fastlearn.FromScratch(), fastlearn.Logger(nil), fastlearn.Metrics(metric.Accuracy(), metric.ErrorRate()), fastlearn.Callbacks(report.History())}, opts...)
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { learn.Close() })
	if err := learn.FineTune(t.Context(), 3, fastlearn.BaseLR(5e-3)); err != nil {
		t.Fatal(err)
	}
	return learn
}

// out is where the page goes: FASTLEARN_PLOTS, to look at it, or nowhere for long.
func out(t *testing.T) string {
	if dir := os.Getenv("FASTLEARN_PLOTS"); dir != "" {
		return dir
	}
	return t.TempDir()
}

// The page has every part, holds all it needs, and no name of a class becomes a part of it.
func TestWrite(t *testing.T) {
	learn := trained(t, hostile)
	path := filepath.Join(out(t), "report.html")
	if err := report.Write(learn, path, report.Title("Flowers & <b>more</b>")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	html := string(data)
	for _, want := range []string{
		"<title>Flowers &amp; &lt;b&gt;more&lt;/b&gt;</title>", "Class balance", "A batch", "parameter groups frozen", "Fit 2</th>", "Confusion matrix", "Most confused", "Top losses",
		"resnet18", "CrossEntropy", "Adam", "libtorch", torch.Info().Version, "Parameter groups", "0.4.0.conv1", "multiply-adds", "error rate", "Learning rate", "Momentum", "each</p>",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(html, "<script"); n != 2 { // the page's, and its record
		t.Errorf("%d scripts", n)
	}
	for _, bad := range []string{"document.title='broken'</script>", `"onmouseover="`, "</style></svg>", "ZgotmplZ", "<b>more"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	wellFormed(t, html)
	external(t, html)
	if len(data) > 3<<20 {
		t.Errorf("the page has %d bytes", len(data))
	}
	t.Logf("%d bytes", len(data))
}

// A training that diverged has a page as well, with its curves, which tells why there are no results.
func TestWriteDiverged(t *testing.T) {
	learn := trained(t, nil)
	torch.NoGrad(func() { nn.StateDict(learn.Model)[0].Tensor.Fill_(math.NaN()) })
	path := filepath.Join(t.TempDir(), "report.html")
	if err := report.Write(learn, path); err != nil {
		t.Fatal(err)
	}
	html, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Fit 2</th>", "Class balance", "Parameter groups", "There are no results: ", "holds NaN or infinity in 0.0.weight", "its training diverged"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, other := range []string{"Confusion matrix", "Top losses"} {
		if strings.Contains(string(html), other) {
			t.Errorf("the page has %q", other)
		}
	}
	wellFormed(t, string(html))
}

// external finds addresses that aren't in the page itself.
func external(t *testing.T, html string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?i)\b(?:src|href|action|srcset|poster|data)="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if !strings.HasPrefix(m[1], "data:") && !strings.HasPrefix(m[1], "#") {
			t.Errorf("the page refers to %.80q", m[1])
		}
	}
	if m := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]|\surl\(|@import`).FindString(regexp.MustCompile(`base64,[^"]*`).ReplaceAllString(html, "")); m != "" {
		t.Errorf("the page has %q", m)
	}
}

// wellFormed tells whether elements are closed in the order in which they were opened.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	html = regexp.MustCompile(`(?s)<(style|script)[^>]*>.*?</(style|script)>`).ReplaceAllString(html, "")
	void := map[string]bool{"meta": true, "link": true, "img": true, "wbr": true, "input": true}
	var open []string
	for _, m := range regexp.MustCompile(`<(/?)([a-zA-Z0-9]+)((?:\s[^<>]*?)?)(/?)>`).FindAllStringSubmatch(html, -1) {
		closing, name, self := m[1] == "/", m[2], m[4] == "/"
		switch {
		case void[name] || self:
		case !closing:
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("</%s> closes %v", name, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("never closed: %v", open)
	}
	for _, m := range regexp.MustCompile(`<img [^>]*>`).FindAllString(html, -1) {
		if !regexp.MustCompile(` alt="[^"]+"`).MatchString(m) {
			t.Errorf("a picture without words: %.60s … %s", m, m[max(0, len(m)-60):])
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] {
			t.Errorf("two elements have the id %s", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to #%s, which isn't there", m[1])
		}
	}
}

// A page that can't be written leaves the one that is there, and no other file.
func TestWriteFails(t *testing.T) {
	learn := trained(t, nil)
	dir := t.TempDir()
	path := filepath.Join(dir, "report.html")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := report.Write(learn, path, report.Context(done)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, opt := range []report.Option{report.Title(""), report.TopLosses(-1)} {
		if err := report.Write(learn, path, opt); err == nil {
			t.Error("no error")
		}
	}
	if err := report.Write(learn, filepath.Join(dir, "nowhere", "report.html")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
	if data, err := os.ReadFile(path); string(data) != "old" {
		t.Errorf("the page is %.20q, %v", data, err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("there are %v, %v", entries, err)
	}
}

// Looking doesn't change what a training does afterwards, and what can't be shown is said.
func TestWriteLeavesTheTrainingAlone(t *testing.T) {
	learn := trained(t, nil)
	state := torch.RNGState(torch.CPU)
	defer state.Close()
	before := torch.ToSlice[uint8](state)
	recorded := len(learn.Recorder.Losses)
	file := learn.DLs.Valid.(*data.ItemLoader).Files()[0]
	interp, err := learn.Interpret(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	torch.SetRNGState(torch.CPU, state)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := report.Write(learn, path, report.Interpretation(interp), report.TopLosses(1000)); err != nil {
		t.Fatal(err)
	}
	after := torch.RNGState(torch.CPU)
	defer after.Close()
	if !bytes.Equal(before, torch.ToSlice[uint8](after)) || len(learn.Recorder.Losses) != recorded {
		t.Error("the random numbers or the recorder changed")
	}
	data, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(data, []byte("be read")) {
		t.Errorf("the page says nothing of the picture that is gone; %v", err)
	}
}
