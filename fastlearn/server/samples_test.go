package server

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// folderOf writes pictures into a folder for each three of them.
func folderOf(t *testing.T, pictures [][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i, text := range pictures {
		file := filepath.Join(dir, fmt.Sprint(i/3), fmt.Sprintf("%d.jpg", i))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Samples are small pictures from all over a folder; those that can't be shown are left out, and a folder of only such is an error.
func TestSamples(t *testing.T) {
	file, pictures := flowers(t, nil)
	p := load(t, file)
	var large bytes.Buffer
	if err := jpeg.Encode(&large, image.NewGray(image.Rect(0, 0, 1500, 750)), nil); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(slices.Repeat([][]byte{large.Bytes()}, 12), pictures[:12], slices.Repeat([][]byte{[]byte("no picture")}, 12))
	dir := folderOf(t, all)
	l := usual
	l.folder = dir
	var err error
	if l.samples, err = l.findSamples(dir); err != nil || len(l.samples) != 8 {
		t.Fatalf("%d samples, %v", len(l.samples), err)
	}
	s := start(t, p, l)
	for k := range 9 {
		reply, err := http.Get(fmt.Sprintf("%s/samples/%d", s.url, k))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reply.Body)
		reply.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if k == 8 {
			if reply.StatusCode != http.StatusNotFound {
				t.Errorf("a ninth: %s", reply.Status)
			}
			continue
		}
		m, err := jpeg.DecodeConfig(bytes.NewReader(text))
		if err != nil || reply.Header.Get("Content-Type") != "image/jpeg" || max(m.Width, m.Height) > sampleSide || k < 4 && m.Width != 2*m.Height {
			t.Errorf("%d: %+v, %v", k, m, err)
		}
	}
	reply, err := http.Get(s.url + "/api/model")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if text, err := io.ReadAll(reply.Body); err != nil || !strings.Contains(string(text), `"samples":8`) {
		t.Errorf("%s, %v", text, err)
	}
	for name, c := range parity.Sorted(map[string]struct{ dir, want string }{
		"absent": {filepath.Join(dir, "absent"), "no such file"}, "empty": {t.TempDir(), "there are none"},
		"unreadable": {folderOf(t, all[24:]), "no picture in"},
	}) {
		if _, err := New(p, Samples(c.dir)); err == nil || !strings.HasPrefix(err.Error(), "server: Samples: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, err := New(p, Samples(dir), MaxPixels(1_000_000)); err != nil || len(s.samples) != 4 {
		t.Errorf("without those of many pixels: %v, %v", s, err)
	}
}
