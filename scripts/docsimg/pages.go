package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/dashboard"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/fastlearn/recipe"
	"github.com/fastlearn-go/fastlearn/fastlearn/server"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// pages are photographed in windows of these sizes, in pixels, at a scale, in this order: live is of the training that the others are about.
var pages = []struct {
	name string
	window
	show func(ctx context.Context, dir string, photograph camera) error
}{
	{"live", window{900, 960, 2. / 3}, showLive},
	{"report", window{1224, 804, 1}, showReport},
	{"serve", window{600, 960, 2. / 3}, showServe},
}

type window struct {
	width, height int64
	scale         float64
}

// A camera photographs the page at an address when a script in it comes to true.
type camera func(address, when string) error

// flowerFolder is where the step look draws flowers.
func flowerFolder(ctx context.Context, dir string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "fastlearn", "drawn-flowers"), flowers(ctx, dir, []string{"look"})
}

// trained is the folder of a short training on drawn flowers, which is begun where it isn't there.
func trained(ctx context.Context, dir string, more ...fastlearn.LearnerOption) (string, error) {
	pictures, err := flowerFolder(ctx, dir)
	if err != nil {
		return "", err
	}
	r := recipe.Default(pictures)
	r.Arch, r.Weights, r.Size, r.BatchSize, r.LR, r.Epochs = "resnet18", "none", 64, 32, 3e-3, 8
	out := filepath.Join(dir, "report")
	return out, r.Train(ctx, out, recipe.Say(func(text string) { fmt.Println(text) }), recipe.With(more...))
}

// showLive is the page of that training after some epochs.
func showLive(ctx context.Context, dir string, photograph camera) error {
	board, err := dashboard.New("127.0.0.1:0", dashboard.Title("drawn-flowers"))
	if err != nil {
		return err
	}
	defer board.Close()
	done := make(chan error, 1)
	go func() { done <- photograph(board.URL(), `document.querySelectorAll("#fit-2 tr").length >= 6`) }()
	_, err = trained(ctx, dir, fastlearn.Callbacks(board))
	return errors.Join(err, <-done)
}

// beside shows two pages side by side, at two thirds of their size; lossesAlone leaves of a report its top losses.
const beside = `<!doctype html><meta charset="utf-8"><style>body{margin:0;display:flex;gap:12px;background:#fff}
div{width:600px;height:804px;overflow:hidden}iframe{border:0;width:900px;height:1206px;transform:scale(.667);transform-origin:0 0}
div+div{border-left:1px solid #bbb}</style><div><iframe src="%[1]s"></iframe></div><div><iframe src="%[2]s"></iframe></div>`

const lossesAlone = `<style>header,nav,footer,section:not([aria-labelledby="losses-h"]){display:none !important}</style></head>`

// showReport is that training's report: its beginning, and its top losses.
func showReport(ctx context.Context, dir string, photograph camera) error {
	out, err := trained(ctx, dir)
	if err != nil {
		return err
	}
	text, err := diskfile.ReadFile(recipe.ReportFile(out))
	if err != nil {
		return err
	}
	losses, page := filepath.Join(dir, "losses.html"), filepath.Join(dir, "beside.html")
	alone := strings.NewReplacer("</head>", lossesAlone, "Content-Security-Policy", "none").Replace(string(text)) // the policy forbids other styles
	err = errors.Join(os.WriteFile(losses, []byte(alone), 0o666), os.WriteFile(page, fmt.Appendf(nil, beside, recipe.ReportFile(out), losses), 0o666))
	if err != nil {
		return err
	}
	return photograph("file://"+page, `document.readyState === "complete"`)
}

// showServe is the page of a server of that training's model, with a sample that was clicked on.
func showServe(ctx context.Context, dir string, photograph camera) error {
	out, err := trained(ctx, dir)
	if err != nil {
		return err
	}
	pictures, err := flowerFolder(ctx, dir)
	if err != nil {
		return err
	}
	p, err := predictor.Load(recipe.ModelFile(out))
	if err != nil {
		return err
	}
	defer p.Close()
	s, err := server.New(p, server.Name("flowers"), server.Samples(pictures))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	err = photograph("http://"+listener.Addr().String(), `(() => {
		const samples = [...document.querySelectorAll("#samples button")];
		if (!document.body.classList.contains("chosen")) samples[6]?.click();
		return document.querySelectorAll("#classes li").length > 0 && document.getAnimations().length === 0;
	})()`)
	end()
	return errors.Join(err, <-served)
}

// photograph writes what a window shows of a page when a script in it comes to true.
func (w window) photograph(ctx context.Context, address, when, file string) error {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		all, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)...)
		defer stop()
		tab, shut := chromedp.NewContext(all)
		defer shut()
		if err := chromedp.Do(tab, chromedp.EmulateViewport(w.width, w.height, chromedp.EmulateScale(w.scale)), chromedp.Navigate(address)); err != nil {
			return err
		}
		for seen := false; !seen; time.Sleep(200 * time.Millisecond) {
			if seen, err = chromedp.Run(tab, chromedp.Evaluate[bool](when)); err != nil {
				return err
			}
		}
		shot, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
		if err != nil {
			return err
		}
		return os.WriteFile(file, shot, 0o666)
	}
	return errors.New("there is no chromium to photograph it with")
}
