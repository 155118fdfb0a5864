package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

// usual are the limits of most tests.
var usual = limits{bytes: 1 << 20, pixels: 4_000_000, places: 128, timeout: 10 * time.Minute, grace: 10 * time.Minute}

// held is a model that waits in each pass until it is let go; nil never waits.
type held struct {
	nn.Base
	hold, begun chan struct{}
	nan         bool
}

func (m *held) Forward(x *torch.Tensor) *torch.Tensor {
	if m.hold != nil {
		m.begun <- struct{}{}
		<-m.hold
	}
	y := x.Scope().Zeros(x.Size(0), 10)
	if m.nan {
		return y.MulScalar(0).Log().MulScalar(0)
	}
	return y
}

// flowers draws some pictures and exports a learner of them, of a tiny model unless one is given.
func flowers(t *testing.T, model nn.Module, opts ...fastlearn.ExportOption) (file string, pictures [][]byte) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "flowers")
	if err := datasets.DrawnFlowers(t.Context(), dir, datasets.PerClass(2)); err != nil {
		t.Fatal(err)
	}
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, data)
	}
	dls, err := data.FromFolder(dir, data.ValidPct(0.2), data.SplitSeed(1), data.BatchSize(4), data.ItemTfms(vision.Resize(32)))
	if err != nil {
		t.Fatal(err)
	}
	defer dls.Close()
	if model == nil {
		torch.ManualSeed(1)
		last := nn.NewLinear(16, int64(dls.Outputs()))
		torch.NoGrad(func() { last.Weight.MulScalar_(25) }) // so that classes differ
		model = nn.NewSequential(nn.NewConv2d(3, 16, 5, nn.Stride(3)), &nn.ReLU{InPlace: true}, &nn.AdaptiveAvgPool2d{Size: 1}, &nn.Flatten{}, last)
	}
	learn, err := fastlearn.NewLearner(dls, model, fastlearn.NoLogging(), fastlearn.Path(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer learn.Close()
	if file, err = learn.Export("flowers", opts...); err != nil {
		t.Fatal(err)
	}
	return file, pictures
}

func load(t *testing.T, file string, opts ...predictor.Option) *predictor.Predictor {
	t.Helper()
	p, err := predictor.Load(file, append(opts, predictor.Batching(16, 0))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// heldPredictor is a predictor that waits in each pass, and its model. A test that ends lets it go.
func heldPredictor(t *testing.T) (*predictor.Predictor, *held, [][]byte) {
	t.Helper()
	file, pictures := flowers(t, &held{}, fastlearn.OwnModel("held"))
	m := &held{}
	p := load(t, file, predictor.BuildModel(func(string) (nn.Module, error) { return m, nil }))
	m.hold, m.begun = make(chan struct{}, 1000), make(chan struct{}, 1000)
	t.Cleanup(func() { close(m.hold) })
	return p, m, pictures
}

// started is a server that runs; end tells it to end and waits for it.
type started struct {
	url, address string
	end          func() error
}

func start(t *testing.T, p *predictor.Predictor, l limits) started {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- newServer(p, l).Serve(ctx, listener) }()
	var failed error
	done := false
	s := started{address: listener.Addr().String(), url: "http://" + listener.Addr().String(), end: func() error {
		if cancel(); !done {
			failed, done = <-ended, true
		}
		return failed
	}}
	t.Cleanup(func() { s.end() })
	return s
}

// reply is an answer to a request, of either kind.
type reply struct {
	status int
	header http.Header
	Error  string
	prediction
}

// send posts a picture.
func send(t testing.TB, client *http.Client, url string, body io.Reader) (r reply, err error) {
	t.Helper()
	answer, err := client.Post(url+"/api/predict", "application/octet-stream", body)
	if err != nil {
		return r, err
	}
	return parse(answer)
}

func parse(answer *http.Response) (r reply, err error) {
	defer answer.Body.Close()
	r.status, r.header = answer.StatusCode, answer.Header
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return r, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	return r, decoder.Decode(&r)
}

// quiet keeps the server's log out of a test's output.
func quiet(t *testing.T) *bytes.Buffer {
	var text bytes.Buffer
	log.SetOutput(&text)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return &text
}
