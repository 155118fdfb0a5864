package server

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// hugePNG is the beginning of a picture of as many pixels as its header says.
func hugePNG(w, h uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	chunk = append(binary.BigEndian.AppendUint32(chunk, h), 8, 2, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(chunk))
}

// scans is a progressive picture of 1000×1000 pixels with n scans of a few bytes, each of which goes over all of it.
func scans(n int) []byte {
	head, err := hex.DecodeString("ffd8ffdb004300" + strings.Repeat("10", 64) + "ffc2000b0803e803e801011100" +
		"ffc4001500010100000000000000000000000000000003ffda000801010000000180ffc40014100100000000000000000000000000000020")
	if err != nil {
		panic(err)
	}
	scan := []byte{0xff, 0xda, 0, 8, 1, 1, 0, 1, 0x3f, 0, 0x1f}
	return append(append(head, slices.Repeat(scan, n)...), 0xff, 0xd9)
}

// Pictures are answered with the five likeliest of their classes.
func TestPredict(t *testing.T) {
	file, pictures := flowers(t, nil)
	p := load(t, file)
	s := start(t, p, usual)
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	labels := map[string]bool{}
	for i, picture := range append(pictures, small.Bytes()) {
		want, err := p.PredictBytes(t.Context(), picture)
		if err != nil {
			t.Fatal(err)
		}
		got, err := send(t, http.DefaultClient, s.url, bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		if got.status != 200 || got.Label != want.Label || len(got.Top) != 5 || got.Top[0].Label != want.Label || got.Milliseconds <= 0 {
			t.Errorf("picture %d: %+v, want %s", i, got, want.Label)
			continue
		}
		labels[got.Label] = true
		sorted := slices.Clone(want.Probs)
		slices.Sort(sorted)
		for k, c := range got.Top {
			at := slices.Index(p.Vocab(), c.Label)
			if c.Probability != sorted[len(sorted)-1-k] || math.Abs(c.Probability-want.Probs[at]) > 1e-6 {
				t.Errorf("picture %d: class %d is %+v, want %g", i, k, c, sorted[len(sorted)-1-k])
			}
		}
		if i == len(pictures) && (got.Width != 40 || got.Height != 30) {
			t.Errorf("%d×%d, want 40×30", got.Width, got.Height)
		}
	}
	if len(labels) < 2 {
		t.Errorf("all pictures are %v", labels)
	}
}

// What can't be answered is told why, with a status that says whose fault it is.
func TestRefusals(t *testing.T) {
	file, pictures := flowers(t, nil)
	s := start(t, load(t, file), usual)
	good := pictures[0]
	large := bytes.Repeat([]byte("x"), 1<<20+1)
	type request struct {
		method, path string
		body         io.Reader
		header       map[string]string
	}
	post := func(body []byte) request { return request{"POST", "/api/predict", bytes.NewReader(body), nil} }
	for name, c := range parity.Sorted(map[string]struct {
		request
		status int
		text   string
	}{
		"nothing":           {post(nil), 400, "no picture in the request"},
		"garbage":           {post([]byte("no picture")), 415, "not an image we can read"},
		"a cut picture":     {post(good[:len(good)/2]), 422, "damaged"},
		"pixels":            {post(hugePNG(60000, 60000)), 422, "60000 × 60000 pixels, more than 4 million"},
		"absurdly many":     {post(hugePNG(math.MaxInt32, math.MaxInt32)), 422, "2147483647 × 2147483647 pixels, more than 4 million"},
		"just too wide":     {post(hugePNG(2001, 2000)), 422, "more than 4 million"},
		"no pixels":         {post(hugePNG(0, 10)), 415, "not an image"},
		"a large file":      {post(large), 413, "larger than 1 MB"},
		"of unknown length": {request{"POST", "/api/predict", io.MultiReader(bytes.NewReader(large)), nil}, 413, "larger than 1 MB"},
		"a form":            {request{"POST", "/api/predict", bytes.NewReader(good), map[string]string{"Content-Type": "multipart/form-data; boundary=x"}}, 415, "not a form"},
		"of another site":   {request{"POST", "/api/predict", bytes.NewReader(good), map[string]string{"Origin": "http://elsewhere.example"}}, 403, "other sites"},
		"too many scans":    {post(scans(600)), 422, "bomb?"},
		"a GET":             {request{"GET", "/api/predict", nil, nil}, 405, "answers POST, not GET"},
		"a POST":            {request{"POST", "/", nil, nil}, 405, "answers GET, not POST"},
		"nowhere":           {request{"GET", "/page/../../etc/passwd", nil, nil}, 404, "nothing at"},
		"nowhere to post":   {request{"DELETE", "/api/other", nil, nil}, 404, "nothing at"},
	}) {
		r, err := http.NewRequest(c.method, s.url+c.path, c.body)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := parse(answer)
		if err != nil || got.status != c.status || !strings.Contains(got.Error, c.text) || !strings.HasSuffix(got.Error, ".") && !strings.HasSuffix(got.Error, "bomb?") {
			t.Errorf("%s: %d %q (%v), want %d, %q", name, got.status, got.Error, err, c.status, c.text)
		}
		if allow := map[string]string{"a GET": "POST", "a POST": "GET, HEAD"}[name]; got.header.Get("Allow") != allow {
			t.Errorf("%s: Allow is %q, want %q", name, got.header.Get("Allow"), allow)
		}
		if got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s", name, got.header.Get("Content-Type"))
		}
	}
	if r, err := send(t, http.DefaultClient, s.url, bytes.NewReader(good)); err != nil || r.status != 200 {
		t.Errorf("a good picture after that: %+v, %v", r, err)
	}
}

// A picture of just as many pixels as may be is taken.
func TestPixelLimit(t *testing.T) {
	file, _ := flowers(t, nil)
	l := usual
	l.pixels = 40 * 30
	s := start(t, load(t, file), l)
	var exact bytes.Buffer
	if err := png.Encode(&exact, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	if r, err := send(t, http.DefaultClient, s.url, &exact); err != nil || r.status != 200 {
		t.Errorf("%+v, %v", r, err)
	}
}

// A model that takes too long, too many requests, and one that says nonsense.
func TestOverload(t *testing.T) {
	p, m, pictures := heldPredictor(t)
	l := usual
	l.places = 3
	s := start(t, p, l)
	answers := make(chan reply, 3)
	for range 3 {
		go func() {
			r, err := send(t, http.DefaultClient, s.url, bytes.NewReader(pictures[0]))
			if err != nil {
				t.Error(err)
			}
			answers <- r
		}()
	}
	ready := func() (status int) {
		answer, err := http.Get(s.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		r, _ := parse(answer)
		return r.status
	}
	parity.Until(t, "the places are all taken", func() bool { return ready() == 503 })
	r, err := send(t, http.DefaultClient, s.url, bytes.NewReader(pictures[0]))
	if err != nil || r.status != 503 || r.header.Get("Retry-After") == "" || !strings.Contains(r.Error, "too much to do") {
		t.Errorf("a fourth: %+v, %v", r, err)
	}
	for range 3 {
		m.hold <- struct{}{}
	}
	for range 3 {
		if r := <-answers; r.status != 200 {
			t.Errorf("held: %+v", r)
		}
	}
	if ready() != 200 {
		t.Error("the places were not given back")
	}
	for len(m.hold) > 0 { // requests that came at the same time were one batch
		<-m.hold
	}
	l.timeout = 200 * time.Millisecond
	hasty := start(t, p, l)
	for range 4 { // each in the place of the one before
		if r, err := send(t, http.DefaultClient, hasty.url, bytes.NewReader(pictures[0])); err != nil || r.status != 504 || !strings.Contains(r.Error, "longer than 200ms") {
			t.Errorf("in a hurry: %+v, %v", r, err)
		}
	}
	text := quiet(t)
	m.nan = true
	for range 10 {
		m.hold <- struct{}{}
	}
	if r, err := send(t, http.DefaultClient, s.url, bytes.NewReader(pictures[0])); err != nil || r.status != 500 || !strings.Contains(r.Error, "log") || text.Len() == 0 {
		t.Errorf("NaN: %+v, %v; log %q", r, err, text)
	}
	if !strings.Contains(text.String(), "isn't finite") {
		t.Errorf("the log says %q", text)
	}
	for range 3 {
		if ready() != 503 {
			t.Error("the server is ready, and its model says NaN")
		}
	}
	for m.nan = false; len(m.hold) < 10; m.hold <- struct{}{} {
	}
	if ready() != 200 {
		t.Error("the server isn't ready, and its model has recovered")
	}
}

// A server is not ready while its predictions fail in a row, also where only what clients send makes them fail; a picture that can be
// predicted ends that, and so does time.
func TestFailures(t *testing.T) {
	var f failures
	for i := range 4 {
		if f.any() != (i > 0) || f.often() != (i > 2) {
			t.Errorf("after %d failures: any %v, often %v", i, f.any(), f.often())
		}
		f.count(true)
	}
	f.last = f.last.Add(-time.Minute)
	if !f.any() || f.often() {
		t.Error("a minute later nobody may try it")
	}
	if f.count(true); !f.often() {
		t.Error("it failed again and is tried again")
	}
	if f.count(false); f.any() || f.often() {
		t.Error("it works and is not tried")
	}
}

// The page and all that it loads come from the program, and a browser is told to load nothing else.
func TestPageAndHealth(t *testing.T) {
	file, _ := flowers(t, nil)
	s := start(t, load(t, file), usual)
	for path, c := range parity.Sorted(map[string]struct{ kind, text string }{
		"/": {"text/html", `<script src="page.js"`}, "/page.css": {"text/css", "prefers-color-scheme"}, "/page.js": {"text/javascript", "api/predict"},
		"/healthz": {"application/json", `"ok"`}, "/readyz": {"application/json", `"ready"`},
	}) {
		answer, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 200 || !strings.HasPrefix(answer.Header.Get("Content-Type"), c.kind) || !bytes.Contains(body, []byte(c.text)) {
			t.Errorf("%s: %s %s %.80s (%v)", path, answer.Status, answer.Header.Get("Content-Type"), body, err)
		}
		if csp := answer.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if bytes.Contains(body, []byte("://")) {
			t.Errorf("%s names a resource elsewhere", path)
		}
	}
}
