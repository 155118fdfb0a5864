// Package browser opens pages in headless Chromium, for tests. Nothing else imports it.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Tab is one page in a browser of its own.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
	requests []string
}

// Open starts a browser, or skips the test where there is none. It ends with the test.
func Open(t testing.TB) *Tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no chromium: install it to test the page in a browser")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(2*time.Minute))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	tab := &Tab{t: t, ctx: ctx}
	tab.check(chromedp.Listen(ctx, tab.heard))
	for _, err := range []error{call(ctx, log.Enable, cdp.Empty{}), call(ctx, network.Enable, network.EnableParams{})} {
		tab.check(err)
	}
	return tab
}

func call[P, R any](ctx context.Context, c cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(ctx, c, params)
	return err
}

func (b *Tab) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

// heard takes in what the page complains of and asks for.
func (b *Tab) heard(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		for _, arg := range e.Args {
			b.problems = append(b.problems, "console: "+string(arg.Value))
		}
	case *log.EventEntryAdded:
		b.problems = append(b.problems, "log: "+e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "data:") && !strings.HasPrefix(e.Request.URL, "blob:") {
			b.requests = append(b.requests, e.Request.URL)
		}
	}
}

// Do runs actions; one that fails, or takes longer than two minutes, ends the test.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Minute) // the machine may be busy
	defer cancel()
	b.check(chromedp.Do(ctx, actions...))
}

// Eval is what a script in the page comes to.
func Eval[T any](b *Tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("browser: %s: %v", script, err)
	}
	return v
}

// Until waits until a script in the page comes to true, for a minute at most.
func (b *Tab) Until(script string) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !Eval[bool](b, script); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("browser: never came true: %s", script)
		}
	}
}

// Size makes the window as large as a desktop's or a phone's, light or dark.
func (b *Tab) Size(w, h int64, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.check(call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: w, Height: h, DeviceScaleFactor: 1, Mobile: w < 600}))
	b.check(call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
}

// Downloads puts what the page downloads into a folder.
func (b *Tab) Downloads(dir string) {
	b.t.Helper()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir})
	b.check(err)
}

// Problems are what the page complained of since it was asked last.
func (b *Tab) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.problems
	b.problems = nil
	return p
}

// Requests are the addresses that were asked for, data: left out.
func (b *Tab) Requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requests...)
}

// Shot writes a picture of the whole page, as PNG.
func (b *Tab) Shot(path string) {
	b.t.Helper()
	data, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	b.check(err)
	b.write(path, data)
}

var pageOfPDF = regexp.MustCompile(`/Type\s*/Page\b`)

// PDF prints the page on A4 and returns the number of sheets.
func (b *Tab) PDF(path string) (sheets int) {
	b.t.Helper()
	data, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize()))
	b.check(err)
	b.write(path, data)
	return len(pageOfPDF.FindAll(data, -1))
}

func (b *Tab) write(path string, data []byte) {
	b.t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		b.t.Fatal(err)
	}
}

// Axe has axe-core look at the page as it is, light and dark, on a desktop and a phone, from left to right and from right to left: each of its findings
// fails a test of its own, called axe. FASTLEARN_AXE is the path of axe-core's axe.min.js, as scripts/setup env -python has it; without it that test is skipped.
func (b *Tab) Axe(t *testing.T) {
	t.Helper()
	t.Run("axe", func(t *testing.T) {
		path := os.Getenv("FASTLEARN_AXE")
		if path == "" {
			t.Skip("FASTLEARN_AXE isn't set: it is the path of axe-core's axe.min.js")
		}
		script, err := diskfile.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tab := &Tab{t: t, ctx: b.ctx}
		if Eval[bool](tab, `typeof axe === "undefined"`) {
			Eval[bool](tab, string(script)+"; true")
		}
		for _, look := range []struct {
			width int64
			dark  bool
			way   string
		}{{1280, false, "ltr"}, {1280, true, "rtl"}, {390, false, "rtl"}, {390, true, "ltr"}} { // each pair of properties once
			tab.Size(look.width, 844, look.dark)
			Eval[bool](tab, fmt.Sprintf(axe, look.way))
			tab.Until(`window.found !== null`)
			for _, finding := range Eval[[]string](tab, `window.found`) {
				t.Errorf("%+v: %s", look, finding)
			}
		}
		Eval[bool](tab, `document.documentElement.removeAttribute("dir") ?? true`)
	})
}

// axe notes what axe-core finds, with its place; nothing moves any more when it looks.
const axe = `(() => {
	window.found = null;
	document.documentElement.dir = %q;
	const say = (found) => { window.found = found };
	document.getAnimations().forEach((a) => a.finish());
	axe.run().then((r) => say(r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target + ": " + n.failureSummary))), (e) => say([String(e)]));
	return true;
})()`
