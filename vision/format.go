package vision

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"sync"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Format is one kind of picture file. The formats of this package are JPEG, PNG, GIF, WebP, BMP, TIFF and PPM (with PGM and
// PBM); packages that are imported for it register more, and so can yours.
type Format struct {
	// Name is what errors call it.
	Name string
	// Extensions of its files, such as ".png": those that [GetImageFiles] lists.
	Extensions []string
	// Match reports whether a file's content is of this format. It sees the whole file.
	Match func(data []byte) bool
	// Size reads the width and height in pixels from the header, before memory is taken.
	Size func(data []byte) (w, h int, err error)
	// Decode decodes the file's first picture into m, which it sizes by [Image.Alloc] or fills by [Image.FromGo]: RGB, of
	// the size that Size told. A file that is damaged may make it panic: that is an error as well.
	Decode func(data []byte, m *Image) error
	// Orientation reads the picture's orientation, EXIF's 1 … 8, which counts where [Decoder.Orient] asks for it; nil where
	// the format has none.
	Orientation func(data []byte) int

	parts bool // whether Decode isn't needed: parts are decoded by package jpeg
	turns bool // whether the orientation counts without being asked for
}

var (
	formatsMu sync.RWMutex
	formats   = builtin() // the youngest first
)

// RegisterFormat adds a format, for the whole process. It comes before those that are there, so that it may take files
// from them. A format without a name, extensions that begin with a dot, or one of the functions Match, Size and Decode is an error.
// It may be called from any goroutine.
func RegisterFormat(f Format) error {
	if f.Name == "" || len(f.Extensions) == 0 || f.Match == nil || f.Size == nil || f.Decode == nil {
		return errors.New("vision: RegisterFormat: a format needs a Name, Extensions, Match, Size and Decode")
	}
	f.Extensions = slices.Clone(f.Extensions)
	for i, ext := range f.Extensions {
		if !strings.HasPrefix(ext, ".") {
			return fmt.Errorf("vision: RegisterFormat: the extension %q of %s doesn't begin with a dot", ext, f.Name)
		}
		f.Extensions[i] = strings.ToLower(ext)
	}
	formatsMu.Lock()
	defer formatsMu.Unlock()
	formats = append([]*Format{&f}, formats...)
	return nil
}

// Extensions lists the extensions of all formats that are registered, sorted.
func Extensions() []string {
	var all []string
	for _, f := range registered() {
		all = append(all, f.Extensions...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// registered are the formats now; the slice is never changed.
func registered() []*Format {
	formatsMu.RLock()
	defer formatsMu.RUnlock()
	return formats
}

// formatOf is the format of a file's content.
func formatOf(data []byte) (*Format, error) {
	for _, f := range registered() {
		if f.Match(data) {
			return f, nil
		}
	}
	return nil, unreadable(data)
}

// Alloc makes m a picture of w×h pixels of c channels, 3 for RGB and 1 for grey, whose values are to be set: its memory is used
// again where it suffices. More than there is memory for is an error, and leaves m as it is.
func (m *Image) Alloc(w, h, c int) error {
	if err := guard.Given("vision: Alloc", m); err != nil {
		return err
	}
	if w < 1 || h < 1 || c != 1 && c != 3 {
		return fmt.Errorf("vision: Alloc: a picture of %d×%d pixels and %d channels: both sides are at least 1, the channels 1 or 3", w, h, c)
	}
	return m.resize(w, h, c)
}

// FromGo copies an image of Go's into m, as RGB: alpha is dropped, and what was multiplied by it is divided by it again; of 16
// bits the upper 8 are taken.
func (m *Image) FromGo(src image.Image) error {
	if err := guard.Given("vision: FromGo", m); err != nil {
		return err
	}
	f, err := Decoder{}.openImage(src)
	if err != nil {
		return fmt.Errorf("vision: FromGo: %w", err)
	}
	return f.fromImage(m, whole(f.w, f.h))
}
