package datasets

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// archive is a .tgz of files by their names; a name that ends in @ is a link.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, content := range files {
		h := &tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644}
		if strings.HasSuffix(name, "@") {
			h = &tar.Header{Name: strings.TrimSuffix(name, "@"), Typeflag: tar.TypeSymlink, Linkname: content}
			content = ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const root = "oxford-102-flowers/"

func smallFlowers() map[string]string {
	return map[string]string{
		root + "train.txt": "jpg/image_00003.jpg 16\njpg/image_00001.jpg 0\n", root + "valid.txt": "jpg/image_00002.jpg 101\n",
		root + "test.txt":            "jpg/image_00004.jpg 59\n",
		root + "jpg/image_00001.jpg": "one", root + "jpg/image_00002.jpg": "two", root + "jpg/image_00003.jpg": "three", root + "jpg/image_00004.jpg": "four",
	}
}

// served is an archive on a server of the test's, and how often it was asked for.
func served(t *testing.T, data []byte) (url string, asked *atomic.Int32) {
	asked = &atomic.Int32{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = w.Write(data)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/oxford-102-flowers.tgz", asked
}

func TestFlowers102(t *testing.T) {
	home := t.TempDir()
	t.Setenv("FASTAI_HOME", home)
	data := archive(t, smallFlowers())
	sum := md5.Sum(data[:min(len(data), 1<<20)])
	check := hub.FastaiCheck(int64(len(data)), hex.EncodeToString(sum[:]))
	url, asked := served(t, data)
	for range 2 {
		dir, err := flowers102(t.Context(), url, []hub.Option{check})
		if err != nil {
			t.Fatal(err)
		}
		if dir != filepath.Join(home, "data", "oxford-102-flowers") {
			t.Errorf("it is in %s", dir)
		}
		table, err := os.ReadFile(filepath.Join(dir, FlowersTable))
		if err != nil {
			t.Fatal(err)
		}
		want := "name,class,set,is_valid\njpg/image_00003.jpg,purple coneflower,train,false\njpg/image_00001.jpg,pink primrose,train,false\n" +
			"jpg/image_00002.jpg,blackberry lily,valid,true\njpg/image_00004.jpg,pink-yellow dahlia?,test,false\n"
		if string(table) != want {
			t.Errorf("the table is\n%s\nwant\n%s", table, want)
		}
		if picture, err := os.ReadFile(filepath.Join(dir, "jpg", "image_00003.jpg")); string(picture) != "three" {
			t.Errorf("a picture: %q, %v", picture, err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("downloaded %d times", asked.Load())
	}
	if _, err := os.Stat(filepath.Join(home, "archive", "oxford-102-flowers.tgz")); err != nil {
		t.Error(err)
	}
}

// What is not the archive, or is one that can't be trusted, leaves no data set behind.
func TestFlowers102Refuses(t *testing.T) {
	with := func(change func(map[string]string)) []byte {
		files := smallFlowers()
		change(files)
		return archive(t, files)
	}
	good := archive(t, smallFlowers())
	for name, c := range parity.Sorted(map[string]struct {
		data []byte
		opts []hub.Option
		want string
	}{
		"another archive":   {good, []hub.Option{hub.FastaiCheck(5, "")}, "not 5"},
		"no archive":        {[]byte("<html>it is not here</html>"), nil, "gzip"},
		"a cut one":         {good[:len(good)-40], nil, "EOF"},
		"a damaged one":     {append(good[:len(good)-6:len(good)-6], good[len(good)-2:]...), nil, "EOF"},
		"a wrong checksum":  {append(append(good[:len(good)-8:len(good)-8], 1, 2, 3, 4), good[len(good)-4:]...), nil, "checksum"},
		"a path out of it":  {with(func(f map[string]string) { f["../../evil"] = "x" }), nil, "evil"},
		"an absolute path":  {with(func(f map[string]string) { f["/tmp/evil-flowers"] = "x" }), nil, "evil"},
		"a link":            {with(func(f map[string]string) { f[root+"link@"] = "/etc" }), nil, "neither"},
		"another folder":    {archive(t, map[string]string{"roses/train.txt": ""}), nil, "no folder oxford-102-flowers"},
		"a class too many":  {with(func(f map[string]string) { f[root+"test.txt"] = "jpg/a.jpg 102\n" }), nil, "line 1"},
		"a list is missing": {with(func(f map[string]string) { delete(f, root+"valid.txt") }), nil, "valid.txt"},
	}) {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("FASTAI_HOME", home)
			url, _ := served(t, c.data)
			if _, err := flowers102(t.Context(), url, c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v must contain %q", err, c.want)
			}
			if left, _ := filepath.Glob(filepath.Join(home, "data", ".unpacking*")); left != nil {
				t.Errorf("%q are left", left)
			}
		})
	}
	if _, err := os.Stat("/tmp/evil-flowers"); err == nil {
		t.Error("a file was written outside")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Setenv("FASTAI_HOME", t.TempDir())
	url, _ := served(t, good)
	if _, err := flowers102(ctx, url, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Names, URL, checksum and folders are those of torchvision and fastai, whose settings are
// heeded.
func TestFlowers102AsFastaiHasIt(t *testing.T) {
	for _, config := range []string{"", "[DEFAULT]\ndata = /elsewhere/data\narchive = packed\n"} {
		home := t.TempDir()
		t.Setenv("FASTAI_HOME", home)
		if config != "" {
			if err := os.WriteFile(filepath.Join(home, "config.ini"), []byte(config), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		var want struct {
			Names              []string
			URL, Archive, Data string
			Checks             [2]any
		}
		parity.Python(t, "flowers.py", nil, &want)
		archive, data, err := fastaiDirs()
		if err != nil || archive != want.Archive || data != want.Data {
			t.Errorf("%s and %s, want %s and %s (%v)", archive, data, want.Archive, want.Data, err)
		}
		if !slices.Equal(FlowerNames[:], want.Names) || flowersArchive != want.URL || fmt.Sprintf("%.0f %v", want.Checks[0], want.Checks[1]) != fmt.Sprint(flowersBytes, " ", flowersMD5) {
			t.Errorf("names, URL or checks differ: %v", want)
		}
	}
}
