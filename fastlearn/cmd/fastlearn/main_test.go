package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/parity/renamed"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
	"github.com/fastlearn-go/fastlearn/vision/models"
)

// The tests run the program as its users do: this binary, once more, as main.
func TestMain(m *testing.M) {
	if os.Getenv("FASTLEARN_RUN_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "FASTLEARN_RUN_MAIN=1")
	return cmd
}

// run runs the program and returns what it printed to both.
func run(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := command(dir, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // its code tells
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

var small = []string{"train", "flowers", "--arch", "resnet18", "--weights", "none", "--size", "32", "--batch-size", "8", "-lr", "0.001", "-epochs", "3"}

// A training that is interrupted ends in 130, goes on by the same line, and ends with a model that predicts; another
// line is refused, and a pipe sees no control characters.
func TestTrainInterruptPredict(t *testing.T) {
	dir := t.TempDir()
	if err := datasets.DrawnFlowers(t.Context(), filepath.Join(dir, "flowers"), datasets.PerClass(5)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "flowers", "labels.csv")); err != nil {
		t.Fatal(err)
	}
	history := filepath.Join(dir, "trained", "flowers", "history.csv")
	rows := func() []string {
		text, _ := os.ReadFile(history)
		var epochs []string
		for line := range strings.Lines(string(text)) {
			epoch, _, _ := strings.Cut(line, ",")
			epochs = append(epochs, epoch)
		}
		return epochs
	}
	first := command(dir, small...)
	var said bytes.Buffer
	first.Stderr = &said
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	parity.Until(t, "the second part has an epoch", func() bool { return len(rows()) >= 3 })
	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _ = first.Wait(); first.ProcessState.ExitCode() != 130 || !strings.Contains(said.String(), "Ctrl-C again") || !strings.Contains(said.String(), "goes on from there") {
		t.Fatalf("it ended in %d, and said %s", first.ProcessState.ExitCode(), &said)
	}
	out, errs, code := run(t, dir, small...)
	if want := []string{"epoch", "0", "0", "1", "2"}; code != 0 || !slices.Equal(rows(), want) || !strings.Contains(errs, "going on") {
		t.Fatalf("code %d, epochs %q, want %q\n%s%s", code, rows(), want, out, errs)
	}
	if strings.ContainsAny(out+errs, "\x1b\r") {
		t.Errorf("control characters in a pipe: %q", out+errs)
	}
	if _, errs, code := run(t, dir, append(small, "--seed", "7")...); code != 1 || !strings.Contains(errs, "Seed is 42 there, and 7 here") {
		t.Errorf("another line: %d %s", code, errs)
	}
	if out, errs, code := run(t, dir, append(small, "-q")...); code != 0 || out != "trained/flowers/model.safetensors\ntrained/flowers/report.html\n" || errs != "" {
		t.Errorf("once more: %d %q %q", code, out, errs)
	}
	predicts(t, dir)
	if out, errs, code := run(t, dir, "report", "-o", "again.html", "--title", "Again"); code != 0 || out != "again.html\n" {
		t.Errorf("report: %d %q %q", code, out, errs)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "again.html")); err != nil || !strings.Contains(string(page), "<title>Again") {
		t.Errorf("the page lacks its title, %v", err)
	}
	reports(t, dir)
	if out, errs, code := run(t, dir, "export", "--weights", "best", "-o", "best.safetensors"); code != 0 || !strings.HasSuffix(out, "best.safetensors\n") {
		t.Errorf("export: %d %q %q", code, out, errs)
	}
	if out, errs, code := run(t, dir, "inspect", "-json", "best.safetensors"); code != 0 || !strings.Contains(out, `"forward_pass": "a graph of float32[N×3×32×32]`) {
		t.Errorf("inspect: %d %.300q %q", code, out, errs)
	}
	served(t, dir)
}

// Minutes become epochs, one at least, and a precision is what is trained in; where there is none such it says so.
func TestMinutesAndPrecision(t *testing.T) {
	dir := t.TempDir()
	if err := datasets.DrawnFlowers(t.Context(), filepath.Join(dir, "flowers"), datasets.PerClass(4)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "flowers", "labels.csv")); err != nil {
		t.Fatal(err)
	}
	losses := map[string]string{}
	for _, precision := range []string{"fp32", "bf16", "fp16"} {
		out, errs, code := run(t, dir, append(small[:len(small)-2:len(small)-2], "-minutes", "0.0001", "-precision", precision, "-o", precision)...)
		if code != 0 || !strings.Contains(errs, "an epoch takes about ") || !strings.Contains(errs, ": it trains 1\n") {
			t.Errorf("%s: %d %s", precision, code, errs)
		}
		if strings.Contains(out, "ToFP16 needs a GPU") != (precision == "fp16" && torch.CUDADeviceCount() == 0) {
			t.Errorf("%s: %s%s", precision, out, errs)
		}
		if _, err := os.Stat(filepath.Join(dir, precision, "model.safetensors")); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, precision, "history.csv"))
		rows, _ := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %v, %q", precision, err, text)
		}
		losses[precision] = rows[1][1]
	}
	if losses["fp32"] == losses["bf16"] {
		t.Errorf("the first epoch's losses are %v", losses)
	}
}

// reports writes a card, and compares the training with one that looked for its rate and with a table of epochs.
func reports(t *testing.T, dir string) {
	t.Helper()
	contains := func(name string, parts ...string) {
		t.Helper()
		page, err := os.ReadFile(filepath.Join(dir, name))
		for _, part := range parts {
			if err != nil || !strings.Contains(string(page), part) {
				t.Errorf("%s lacks %q, %v", name, part, err)
			}
		}
	}
	if out, errs, code := run(t, dir, "report", "-o", "README.md"); code != 0 || out != "README.md\n" {
		t.Errorf("a card: %d %q %q", code, out, errs)
	}
	contains("README.md", "---\nlibrary_name: fastlearn\n", "# flowers\n", "| accuracy |")
	found := slices.Clone(small)
	k := slices.Index(found, "-lr")
	found = append(slices.Delete(found, k, k+2), "-epochs", "1", "-q", "-o", "found")
	if out, errs, code := run(t, dir, found...); code != 0 || errs != "" {
		t.Fatalf("without a rate: %d %q %q", code, out, errs)
	}
	contains("found/report.html", "Learning rate finder", "valley ")
	contains("found/lr_find.csv", "what,lr,loss\ntried,", "\nvalley,")
	if out, errs, code := run(t, dir, "report", "found", "-o", "found.html"); code != 0 || out != "found.html\n" {
		t.Errorf("report: %d %q %q", code, out, errs)
	}
	contains("found.html", "Learning rate finder")
	for _, other := range []string{"found", "found/report.html", "found/history.csv"} {
		if err := os.RemoveAll(filepath.Join(dir, "compare.html")); err != nil {
			t.Fatal(err)
		}
		if out, errs, code := run(t, dir, "report", "trained/flowers", other); code != 0 || out != "compare.html\n" || errs != "" {
			t.Errorf("with %s: %d %q %q", other, code, out, errs)
		}
		contains("compare.html", "flowers/report.html", other[:5], "Accuracy")
	}
	if _, errs, code := run(t, dir, "report", "trained/flowers", "found", "--title", "x"); code != 1 || !strings.Contains(errs, "are for one training") {
		t.Errorf("a title of two: %d %q", code, errs)
	}
	if err := os.Remove(filepath.Join(dir, "found", "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := run(t, dir, "report", "found"); code != 1 || !strings.Contains(errs, "hasn't ended") {
		t.Errorf("of one that hasn't ended: %d %q", code, errs)
	}
}

// predicts asks for a folder with a bad file in each form.
func predicts(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "bad.jpg"), []byte("not a picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "flowers", "*", "*"))
	if err != nil || len(pictures) < 20 {
		t.Fatal(len(pictures), err)
	}
	for _, flags := range [][]string{{"-json"}, {"--csv", "--tta"}, {}} {
		out, errs, code := run(t, dir, append([]string{"predict", "flowers", "bad.jpg"}, flags...)...)
		if code != 1 || !strings.Contains(errs, "1 of ") || strings.Count(out, "flowers"+string(filepath.Separator)) != len(pictures) {
			t.Errorf("%q: %d %q %.300q", flags, code, errs, out)
		}
		switch {
		case slices.Contains(flags, "-json"):
			n := 0
			for d := json.NewDecoder(strings.NewReader(out)); d.More(); n++ {
				var a answer
				if err := d.Decode(&a); err != nil || (a.Error == "") != (a.Label != "" && len(a.Probs) > 1) {
					t.Fatalf("%+v, %v", a, err)
				}
			}
			if n != len(pictures)+1 {
				t.Errorf("%d lines", n)
			}
		case slices.Contains(flags, "--csv"):
			if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || len(rows) != len(pictures)+2 || rows[0][0] != "file" {
				t.Errorf("%d rows, %v", len(rows), err)
			}
		}
	}
}

// served starts a server and interrupts it: once, and twice while a request has not ended.
func served(t *testing.T, dir string) {
	t.Helper()
	for _, twice := range []bool{false, true} {
		cmd := command(dir, "serve", "--address", "127.0.0.1:0")
		pipe, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		log := bufio.NewReader(pipe)
		url, err := log.ReadString('\n')
		if err != nil || !strings.HasPrefix(url, "http://127.0.0.1:") {
			t.Errorf("it says %q, %v", url, err)
		}
		if twice {
			host, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
			request, err := net.Dial("tcp", strings.TrimSpace(host))
			if err != nil {
				t.Fatal(err)
			}
			defer request.Close()
			fmt.Fprintf(request, "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n") // of which nothing comes
			if answer, err := bufio.NewReader(request).ReadString('\n'); err != nil || !strings.Contains(answer, "100") {
				t.Fatalf("%q, %v", answer, err)
			}
		}
		rest := ""
		for _, until := range []string{"again ends it at once", "ended at once"} {
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			for !strings.Contains(rest, until) {
				line, err := log.ReadString('\n')
				if rest += line; err != nil {
					break
				}
			}
			if !twice {
				break
			}
		}
		if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 130 || strings.Contains(rest, "ended at once") != twice {
			t.Errorf("interrupted twice: %v, it ended in %v and said %s", twice, cmd.ProcessState, rest)
		}
	}
}

// A folder is looked through, and nothing in it is changed; the choices go to a table.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	if err := datasets.DrawnFlowers(t.Context(), filepath.Join(dir, "flowers"), datasets.PerClass(6)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "flowers", "labels.csv")); err != nil {
		t.Fatal(err)
	}
	classes, err := filepath.Glob(filepath.Join(dir, "flowers", "*", "*"))
	if err != nil || len(classes) == 0 {
		t.Fatal(classes, err)
	}
	text, err := os.ReadFile(classes[0])
	for name, text := range parity.Sorted(map[string][]byte{"copy.jpg": text, "bad.jpg": []byte("not a picture")}) {
		if err == nil {
			err = os.WriteFile(filepath.Join(filepath.Dir(classes[0]), name), text, 0o666)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code := run(t, dir, "check", "flowers", "--files-only", "-q", "-o", "choices.csv")
	if code != 0 || errs != "" || !strings.Contains(out, "1 of ") || !strings.Contains(out, "bad.jpg") || !strings.Contains(out, "the same bytes") || !strings.Contains(out, "weren't looked at") {
		t.Errorf("%d %q\n%s", code, errs, out)
	}
	choices, err := os.ReadFile(filepath.Join(dir, "choices.csv"))
	if err != nil || strings.Count(string(choices), "delete") < 2 {
		t.Errorf("%s, %v", choices, err)
	}
	arch, err := models.Get("tf_efficientnet_lite0")
	if err != nil {
		t.Fatal(err)
	}
	m := arch.New(10)
	defer nn.Close(m)
	if err := renamed.Write(filepath.Join(dir, "net.pth"), m); err != nil {
		t.Fatal(err)
	}
	lite := []string{"check", "flowers", "--arch", "tf_efficientnet_lite0", "--weights", "net.pth", "--size", "32", "-q"}
	if out, errs, code := run(t, dir, append(lite, "--in-order", "_head.")...); code != 0 || errs != "" || !strings.Contains(out, "believed") {
		t.Errorf("weights with other names: %d %q\n%s", code, errs, out)
	}
	if _, errs, code := run(t, dir, lite...); code != 1 || !strings.Contains(errs, "net.pth") {
		t.Errorf("without their order: %d %q", code, errs)
	}
	if _, errs, code := run(t, dir, "check", "flowers", "--in-order", "_head."); code != 1 || !strings.Contains(errs, "is of a file of weights") {
		t.Errorf("an order of published weights: %d %q", code, errs)
	}
	if _, errs, code := run(t, dir, "check", "flowers", "--weights", "absent.pth"); code != 1 || !strings.Contains(errs, "absent.pth") {
		t.Errorf("%d %q", code, errs)
	}
}

// Mistakes end in 1 with one line that says what to do; help and completion end in 0.
func TestMistakesAndHelp(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 0, "fastlearn train flowers"},
		{[]string{"train", "-h"}, 0, "goes on from there"},
		{[]string{"info"}, 0, "libtorch"},
		{[]string{"completion", "bash"}, 0, "complete"},
		{[]string{"nonsense"}, 1, `unknown command "nonsense"`},
		{[]string{"train"}, 1, "wants one folder or table of pictures; fastlearn train --help"},
		{[]string{"train", "absent", "--epoch", "3"}, 1, "unknown flag: --epoch"},
		{[]string{"train", "absent"}, 1, "absent: no such file"},
		{[]string{"predict", "absent.jpg"}, 1, "absent.jpg"},
		{[]string{"predict", "-json", "-csv", "x"}, 1, "none of the others can be"},
		{[]string{"serve"}, 1, "begin one by fastlearn train"},
		{[]string{"report", "absent"}, 1, "no training in absent"},
		{[]string{"inspect", "absent.pth"}, 1, "absent.pth"},
		{[]string{"inspect", "-stats", "a", "b"}, 1, "are for one file"},
	} {
		out, errs, code := run(t, dir, c.args...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("%q: %d, want %d and %q in\n%s%s", c.args, code, c.code, c.want, out, errs)
		}
		if code == 1 && (out != "" || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "fastlearn: ")) {
			t.Errorf("%q: it printed %q, and said %q", c.args, out, errs)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("mistakes leave %v", left)
	}
}
