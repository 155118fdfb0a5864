package hub

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

const (
	commit = "0123456789abcdef0123456789abcdef01234567"
	config = `{"architecture": "tiny", "num_classes": 10, "pretrained_cfg": {"tag": "in1k", "input_size": [3, 192, 160], "interpolation": "bicubic",
		"crop_pct": 0.9, "crop_mode": "center", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "classifier": "fc"}}`
)

// fakeHub is a server that answers as the Hugging Face Hub does: large files lie at another server, small ones behind a redirect to a path
// of its own. Its repository owner/tiny has branches main and refs/pr/1.
type fakeHub struct {
	*httptest.Server
	cdn   *server
	mu    sync.Mutex
	files map[string][]byte
	large map[string]bool
	asked []string // method and path
	auth  []string
}

func serveHub(t *testing.T, files map[string][]byte) *fakeHub {
	t.Helper()
	h := &fakeHub{cdn: serve(t, 0), files: files, large: map[string]bool{"model.safetensors": true, "pytorch_model.bin": true}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func gitHash(content []byte) string {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content))
	return hex.EncodeToString(sum[:])
}

func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, r.Method+" "+r.URL.Path)
	h.auth = append(h.auth, r.Header.Get("Authorization"))
	header := w.Header()
	refuse := func(code string, status int) {
		header.Set("X-Error-Code", code)
		http.Error(w, code, status)
	}
	path, cached := strings.CutPrefix(r.URL.Path, "/api/resolve-cache/models")
	name, ours := strings.CutPrefix(path, "/owner/tiny/resolve/")
	if !ours {
		refuse("RepoNotFound", http.StatusUnauthorized)
		return
	}
	revision, file := "", ""
	for _, known := range []string{"main", "refs/pr/1", commit} {
		if rest, is := strings.CutPrefix(name, known+"/"); is {
			revision, file = known, rest
		}
	}
	if revision == "" {
		refuse("RevisionNotFound", http.StatusNotFound)
		return
	}
	header.Set("X-Repo-Commit", commit)
	content, has := h.files[file]
	switch {
	case !has:
		refuse("EntryNotFound", http.StatusNotFound)
	case h.large[file]:
		header.Set("X-Linked-Etag", `"`+hashOf(content)+`"`)
		header.Set("X-Linked-Size", fmt.Sprint(len(content)))
		h.cdn.set(func() { h.cdn.content = content })
		http.Redirect(w, r, h.cdn.URL+"/blob", http.StatusFound)
	case !cached:
		header.Set("Location", "/api/resolve-cache/models"+strings.ReplaceAll(r.URL.EscapedPath(), "%2F", "/"))
		w.WriteHeader(http.StatusTemporaryRedirect)
	default:
		header.Set("ETag", `"`+gitHash(content)+`"`)
		header.Set("Content-Length", fmt.Sprint(len(content)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(content)
		}
	}
}

func (h *fakeHub) requests() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

func tiny(t *testing.T) (h *fakeHub, cache string) {
	t.Helper()
	_, cache = caches(t)
	h = serveHub(t, map[string][]byte{"model.safetensors": random(2*mb, 5), "config.json": []byte(config)})
	t.Setenv("HF_ENDPOINT", h.URL)
	return h, cache
}

func checkTiny(t *testing.T, c Checkpoint) {
	t.Helper()
	if c.Arch != "tiny" || !slices.Equal(c.Mean, []float64{0.5, 0.4, 0.3}) || !slices.Equal(c.Std, []float64{0.2, 0.3, 0.4}) ||
		c.Size != [2]int{192, 160} || c.CropPct != 0.9 || c.CropMode != "center" || c.Interpolation != "bicubic" {
		t.Errorf("the config was read as %+v", c)
	}
}

// The cache has huggingface_hub's layout: blobs by their hashes, links to them from the commit, and the branch's commit.
func TestHuggingFace(t *testing.T) {
	h, cache := tiny(t)
	t.Setenv("HF_TOKEN", "secret")
	dir := filepath.Join(cache, "models--owner--tiny")
	for _, name := range []string{"owner/tiny", "hf-hub:owner/tiny@main", "owner/tiny@" + commit, "https://huggingface.co/owner/tiny",
		"https://huggingface.co/owner/tiny/blob/main/model.safetensors"} {
		c, err := Weights(t.Context(), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkTiny(t, c)
		if c.Path != filepath.Join(dir, "snapshots", commit, "model.safetensors") {
			t.Errorf("%s: %s", name, c.Path)
		}
	}
	if n := h.requests(); n != 6 { // for the weights and for config.json HEAD and GET, these through a redirect
		t.Errorf("%d requests: %q", n, h.asked)
	}
	if to, err := os.Readlink(filepath.Join(dir, "snapshots", commit, "config.json")); to != filepath.Join("..", "..", "blobs", gitHash([]byte(config))) {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	want(t, filepath.Join(dir, "refs", "main"), []byte(commit))
	blobs := []string{gitHash([]byte(config)), hashOf(h.files["model.safetensors"])}
	slices.Sort(blobs)
	alone(t, filepath.Join(dir, "blobs"), blobs...)
	for _, auth := range h.auth {
		if auth != "Bearer secret" {
			t.Errorf("the Hub was shown %q", auth)
		}
	}
	if got := h.cdn.asked(0, "Authorization"); h.cdn.count() != 1 || got != "" {
		t.Errorf("the other server was asked %d times and shown %q", h.cdn.count(), got)
	}
	if c, err := Weights(t.Context(), "owner/tiny@refs/pr/1"); err != nil || c.Arch != "tiny" {
		t.Errorf("%+v, %v", c, err)
	}
	want(t, filepath.Join(dir, "refs", "refs", "pr", "1"), []byte(commit))
}

// Python's files are found, and Python finds ours.
func TestHuggingFacePython(t *testing.T) {
	for _, c := range []struct {
		revision string
		ours     bool // first
	}{{"main", true}, {"main", false}, {"refs/pr/1", true}, {commit, false}} {
		t.Run(fmt.Sprint(c.revision, c.ours), func(t *testing.T) {
			revision, ours := c.revision, c.ours
			h, cache := tiny(t)
			name := "owner/tiny@" + revision
			if ours {
				if _, err := Weights(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			before := h.requests()
			in := map[string]any{
				"repo": "owner/tiny", "revision": revision, "files": []string{"model.safetensors", "config.json"}, "local": ours,
				"env": map[string]string{"HF_ENDPOINT": h.URL, "HF_HOME": filepath.Dir(cache), "HF_HUB_CACHE": cache, "HUGGINGFACE_HUB_CACHE": cache,
					"NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": map[bool]string{true: "1", false: "0"}[ours], "HF_HUB_DISABLE_XET": "1"},
			}
			var out struct {
				Paths, Warnings     []string
				Arch, Interpolation string
				Mean, Std           []float64
				Size                [2]int
				Crop                float64
				Bytes               int
			}
			parity.Python(t, script(t, "hf.py"), in, &out)
			if ours && h.requests() != before {
				t.Errorf("Python asked the server: %q", h.asked)
			}
			before = h.requests()
			c, err := Weights(t.Context(), name)
			if err != nil || h.requests() != before {
				t.Fatalf("%v after %d requests", err, h.requests()-before)
			}
			checkTiny(t, c)
			if c.Path != out.Paths[0] || len(out.Warnings) > 0 || out.Bytes != 2*mb+len(config) {
				t.Errorf("ours is %s, Python's %q with %d bytes and warnings %q", c.Path, out.Paths, out.Bytes, out.Warnings)
			}
			if out.Arch != c.Arch || out.Interpolation != c.Interpolation || !slices.Equal(out.Mean, c.Mean) || !slices.Equal(out.Std, c.Std) ||
				out.Size != c.Size || out.Crop != c.CropPct {
				t.Errorf("timm reads the config as %+v, we as %+v", out, c)
			}
		})
	}
}

func TestHuggingFaceRefuses(t *testing.T) {
	h, cache := tiny(t)
	for name, texts := range parity.Sorted(map[string][]string{
		"owner/none":      {"owner/none", "no such repository", "HF_TOKEN"},
		"owner/tiny@gone": {"owner/tiny@gone", "no such branch"},
		"https://huggingface.co/owner/tiny/resolve/main/absent.safetensors": {"absent.safetensors", "no such file"},
	}) {
		_, err := Weights(t.Context(), name)
		oneLine(t, err, texts...)
	}
	alone(t, cache)
	h.files["model.safetensors"] = nil
	delete(h.files, "model.safetensors")
	_, err := Weights(t.Context(), "owner/tiny")
	oneLine(t, err, "pytorch_model.bin", "nor model.safetensors")
	h.files["pytorch_model.bin"] = random(1000, 7)
	if c, err := Weights(t.Context(), "owner/tiny"); err != nil || filepath.Base(c.Path) != "pytorch_model.bin" {
		t.Errorf("%+v, %v", c, err)
	}
	t.Setenv("HF_HUB_OFFLINE", "yes")
	before := h.requests()
	_, err = Weights(t.Context(), "owner/other")
	oneLine(t, err, "HF_HUB_OFFLINE", cache, "owner/other")
	if c, err := Weights(t.Context(), "owner/tiny"); err != nil || c.Arch != "tiny" || h.requests() != before {
		t.Errorf("%+v, %v", c, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Setenv("HF_HUB_OFFLINE", "")
	if _, err = Weights(ctx, "owner/other"); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Error(err)
	}
}

// What breaks off is gone on with, and other bytes than the Hub told of are refused.
func TestHuggingFaceResumes(t *testing.T) {
	h, _ := tiny(t)
	h.cdn.set(func() { h.cdn.cut = func(i int) int { return map[bool]int{true: mb, false: -1}[i == 0] } })
	if _, err := Weights(t.Context(), "owner/tiny"); err != nil {
		t.Fatal(err)
	}
	if got := h.cdn.asked(1, "Range"); got != fmt.Sprintf("bytes=%d-", mb) {
		t.Errorf("the second request asked for %q", got)
	}
	h, cache := tiny(t)
	wrong := random(2*mb, 6)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Repo-Commit", commit)
		w.Header().Set("X-Linked-Etag", `"`+hashOf(h.files["model.safetensors"])+`"`)
		if r.Method == http.MethodGet {
			_, _ = w.Write(wrong)
		}
	}))
	defer other.Close()
	t.Setenv("HF_ENDPOINT", other.URL)
	_, err := Weights(t.Context(), "owner/tiny")
	oneLine(t, err, "SHA-256")
	alone(t, filepath.Join(cache, "models--owner--tiny", "blobs"))
	alone(t, filepath.Join(cache, "models--owner--tiny", "snapshots"))
}

// A server's words don't become paths.
func TestHuggingFaceNames(t *testing.T) {
	_, cache := caches(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Repo-Commit", "../../../../escaped")
		w.Header().Set("ETag", `"../../escaped"`)
		w.Header().Set("Content-Length", "2")
		if r.Method == http.MethodGet {
			fmt.Fprint(w, "{}")
		}
	}))
	defer s.Close()
	t.Setenv("HF_ENDPOINT", s.URL)
	c, err := Weights(t.Context(), "owner/tiny")
	if err != nil || !strings.HasPrefix(c.Path, filepath.Join(cache, "models--owner--tiny", "snapshots")) {
		t.Errorf("%+v, %v", c, err)
	}
	alone(t, filepath.Dir(cache), "hub")
	for _, name := range []string{"../x", "owner/../x", "owner/x@../../y", "owner/x/y", "/owner/x", "owner--a/x", "hf-hub:", "owner/"} {
		if _, err := Weights(t.Context(), name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

// Weights of the table need no config.json where Python left only them, and a mirror need not be a Hub.
func TestHuggingFaceTableAndMirror(t *testing.T) {
	_, cache := caches(t)
	dir := filepath.Join(cache, "models--timm--tf_efficientnet_lite0.in1k")
	put(t, filepath.Join(dir, "refs", "main"), []byte(commit))
	file := filepath.Join(dir, "snapshots", commit, "model.safetensors")
	put(t, file, []byte("as Python left it"))
	for _, name := range []string{"tf_efficientnet_lite0", "timm/tf_efficientnet_lite0", "timm/tf_efficientnet_lite0.in1k"} {
		c, err := Weights(t.Context(), name)
		if err != nil || c.Path != file || c.Arch != "tf_efficientnet_lite0" || c.Mean[0] != 0.5 {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	mirror := t.TempDir()
	at := filepath.Join(mirror, hubHost, "owner", "tiny", "resolve", "main")
	put(t, filepath.Join(at, "model.safetensors"), random(1000, 8))
	put(t, filepath.Join(at, "config.json"), []byte(config))
	t.Setenv("FASTLEARN_HUB", mirror)
	c, err := Weights(t.Context(), "owner/tiny")
	if err != nil || c.Path != filepath.Join(at, "model.safetensors") {
		t.Errorf("%+v, %v", c, err)
	}
	checkTiny(t, c)
	s := httptest.NewServer(http.FileServer(http.Dir(mirror)))
	defer s.Close()
	t.Setenv("FASTLEARN_HUB", s.URL)
	t.Setenv("HF_TOKEN", "secret")
	c, err = Weights(t.Context(), "owner/tiny")
	if err != nil || !strings.HasPrefix(c.Path, filepath.Join(cache, "models--owner--tiny", "snapshots")) {
		t.Errorf("%+v, %v", c, err)
	}
	checkTiny(t, c)
	_, err = Weights(t.Context(), "owner/none")
	oneLine(t, err, s.URL, "owner/none")
}
