package vision_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/vision"
)

// What a refused file is, is told by its first bytes, whatever its name says, and so is what to do.
func TestUnreadableFilesAreNamed(t *testing.T) {
	pad := strings.Repeat("\x00\x01", 200)
	path := filepath.Join(t.TempDir(), "a.jpg")
	for name, c := range parity.Sorted(map[string]struct{ data, want, advice string }{
		"HTML":         {"\n  <!DOCTYPE html><html><body>404</body></html>", "an HTML page", "download it again"},
		"HTML 2":       {"\xef\xbb\xbf<HTML>", "an HTML page", "download it again"},
		"SVG":          {`<?xml version="1.0"?><!-- a drawing --><svg xmlns="http://www.w3.org/2000/svg"/>`, "an SVG drawing", "render it"},
		"XML":          {`<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`, "a server's error", "download it again"},
		"LFS":          {"version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer", "git lfs pull"},
		"annex":        {"/annex/objects/MD5E-s1--0.jpg", "a git-annex pointer", "git annex get"},
		"PDF":          {"%PDF-1.7\n" + pad, "a PDF document", "render it"},
		"AppleDouble":  {"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + pad, "macOS's metadata", "delete it"},
		"DS_Store":     {"\x00\x00\x00\x01Bud1" + pad, ".DS_Store", "delete it"},
		"HEIC":         {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00" + pad, "a HEIC picture", `import _ "github.com/fastlearn-go/fastlearn/vision/heic"`},
		"HEIF":         {"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00" + pad, "a HEIC picture", "vision/heic"},
		"AVIF":         {"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00" + pad, "an AVIF picture", `import _ "github.com/fastlearn-go/fastlearn/vision/avif"`},
		"video":        {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00" + pad, "a video", "frames"},
		"JPEG XL":      {"\xff\x0a" + pad, "a JPEG XL picture", "convert it"},
		"JPEG 2000":    {"\x00\x00\x00\x0cjP  \r\n\x87\n" + pad, "a JPEG 2000 picture", "RegisterFormat"},
		"Photoshop":    {"8BPS\x00\x01" + pad, "a Photoshop document", "convert it"},
		"icon":         {"\x00\x00\x01\x00\x01\x00" + pad, "an icon", "convert it"},
		"ZIP":          {"PK\x03\x04" + pad, "a ZIP archive", "unpack"},
		"tar":          {strings.Repeat("a", 257) + "ustar" + pad, "a tar archive", "unpack"},
		"AVI":          {"RIFF\x00\x00\x00\x00AVI LIST" + pad, `a RIFF file of kind "AVI "`, "convert"},
		"zeros":        {string(make([]byte, 5000)), "zeros", "download it again"},
		"JSON":         {`{"error": "not found"}`, "JSON text", "download it again"},
		"text":         {"no such picture", `text, which begins with "no such picture"`, "download it again"},
		"long text":    {strings.Repeat("über", 3000), `text, which begins with`, "download it again"},
		"noise":        {"\x17\x99\xfe\x80" + pad, "isn't an image of a known format", "download it again"},
		"two bytes":    {"\xff\xd8", "isn't an image of a known format", ""},
		"DICOM":        {strings.Repeat("\x00", 128) + "DICM" + pad, "a DICOM file", "convert"},
		"empty":        {"", "the file is empty", ""},
		"cut PNG":      {"\x89PNG\r\n\x1a\n", "PNG", ""},
		"raw of Canon": {"\x00\x00\x00\x18ftypcrx \x00" + pad, "a Canon raw photograph", "develop"},
	}) {
		t.Run(name, func(t *testing.T) {
			write(t, path, []byte(c.data))
			_, err := vision.Open(path)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.advice) {
				t.Errorf("the error %v must name %s, %q and %q", err, path, c.want, c.advice)
			}
			if _, _, err := vision.SizeOf(path); err == nil {
				t.Error("its size is known")
			}
		})
	}
}

// logged collects what is said while f runs.
func logged(f func()) string {
	var said strings.Builder
	defer func(warn func(string)) { vision.Warn = warn }(vision.Warn)
	vision.Warn = func(text string) { fmt.Fprintln(&said, text) }
	f()
	return said.String()
}

// What a folder holds and isn't taken is said once, by extension; an empty result names it.
func TestLeftOutFilesAreSaid(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1.heic", "a/2.HEIC", "a/b/3.heif", "x.avif", "y.svg", "z.psd", "labels.csv", ".hidden.heic"} {
		write(t, filepath.Join(dir, name), nil)
	}
	_, err := vision.GetImageFiles(dir)
	if err == nil || !strings.Contains(err.Error(), `1 .avif file needs import _ "github.com/fastlearn-go/fastlearn/vision/avif"`) ||
		!strings.Contains(err.Error(), "2 .heic files need import _") || !strings.Contains(err.Error(), "1 .csv file") {
		t.Errorf("nothing that can be read: %v", err)
	}
	write(t, filepath.Join(dir, "a", "p.jpg"), nil)
	var files []string
	said := logged(func() { files, err = vision.GetImageFiles(dir) })
	if err != nil || len(files) != 1 {
		t.Errorf("%q, %v", files, err)
	}
	if want := `vision: left out in ` + dir + `: 1 .avif file needs import _ "github.com/fastlearn-go/fastlearn/vision/avif", ` +
		`1 .heif file needs import _ "github.com/fastlearn-go/fastlearn/vision/heic", 1 .psd file, 1 .svg file, ` +
		`2 .heic files need import _ "github.com/fastlearn-go/fastlearn/vision/heic"`; !strings.Contains(said, want) || strings.Count(said, "\n") != 1 {
		t.Errorf("said %q, want %q", said, want)
	}
	if said := logged(func() { _, err = vision.GetImageFiles(filepath.Join(dir, "a"), "b") }); err == nil || !strings.Contains(err.Error(), ".heif") || said != "" {
		t.Errorf("one folder: %v, said %q", err, said)
	}
}

// A format that is registered is found by its content, and its extensions are listed; it may take files from the others. A format
// that doesn't keep its promises is an error.
func TestRegisterFormat(t *testing.T) {
	fill := func(w, h int) func(data []byte, m *vision.Image) error {
		return func(data []byte, m *vision.Image) error {
			src := image.NewNRGBA(image.Rect(0, 0, w, h))
			for i := range w * h {
				src.Set(i%w, i/w, color.NRGBA{200, 100, uint8(i), 255})
			}
			return m.FromGo(src)
		}
	}
	good := vision.Format{
		Name: "Test", Extensions: []string{".TestPic"}, Match: func(data []byte) bool { return bytes.HasPrefix(data, []byte("%TEST")) },
		Size: func(data []byte) (int, int, error) { return 3, 2, nil }, Decode: fill(3, 2), Orientation: func(data []byte) int { return int(data[5] - '0') },
	}
	for name, break_ := range parity.Sorted(map[string]func(f *vision.Format){
		"no name": func(f *vision.Format) { f.Name = "" }, "no extension": func(f *vision.Format) { f.Extensions = nil }, "no dot": func(f *vision.Format) { f.Extensions = []string{"jpg"} },
		"no match": func(f *vision.Format) { f.Match = nil }, "no size": func(f *vision.Format) { f.Size = nil }, "no decoder": func(f *vision.Format) { f.Decode = nil },
	}) {
		f := good
		if break_(&f); vision.RegisterFormat(f) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.testpic")
	write(t, path, []byte("%TEST6"))
	if _, err := vision.Open(path); err == nil {
		t.Fatal("a format that nobody registered is read")
	}
	if err := vision.RegisterFormat(good); err != nil {
		t.Fatal(err)
	}
	if files, err := vision.GetImageFiles(dir); err != nil || len(files) != 1 {
		t.Errorf("%q, %v", files, err)
	}
	m, err := vision.Decoder{Orient: true}.Open(path)
	if err != nil || m.W != 2 || m.H != 3 || m.Pix[0] != 200 || m.Pix[2] != 3 {
		t.Errorf("turned: %v, %v", m, err)
	}
	if w, h, err := vision.SizeOf(path); err != nil || w != 3 || h != 2 {
		t.Errorf("%d×%d, %v", w, h, err)
	}
	for name, c := range parity.Sorted(map[string]struct {
		change func(f *vision.Format)
		want   string
	}{
		"another size": {func(f *vision.Format) { f.Decode = fill(2, 3) }, "decoded 2×3×3 values of a picture of 3×2"},
		"nothing":      {func(f *vision.Format) { f.Decode = func([]byte, *vision.Image) error { return nil } }, "decoded"},
		"a panic": {func(f *vision.Format) {
			f.Decode = func(data []byte, _ *vision.Image) error { _ = data[99]; return nil }
		}, "damaged"},
		"an error":        {func(f *vision.Format) { f.Decode = func([]byte, *vision.Image) error { return io.ErrUnexpectedEOF } }, "Test: unexpected EOF"},
		"a panic in size": {func(f *vision.Format) { f.Size = func([]byte) (int, int, error) { panic("no size") } }, "no size"},
		"a huge size":     {func(f *vision.Format) { f.Size = func([]byte) (int, int, error) { return 1 << 40, 1 << 40, nil } }, "MaxPixels"},
	}) {
		f := good
		if c.change(&f); vision.RegisterFormat(f) != nil {
			t.Fatal(name)
		}
		if _, err := vision.Open(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
