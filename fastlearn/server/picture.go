package server

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/fastlearn-go/fastlearn/vision"
)

// read is the body of a request: a picture's file, whatever its Content-Type says (curl's is a form's).
func (s *Server) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	large := &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("The file is larger than %s. Send a smaller picture.", megabytes(s.bytes))}
	if r.ContentLength > s.bytes { // before any of it is read
		return nil, large
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); strings.HasPrefix(kind, "multipart/") {
		return nil, &problem{http.StatusUnsupportedMediaType, "Send the picture's file itself as the body, not a form with it."}
	}
	connection := http.NewResponseController(w)
	if deadline, ok := r.Context().Deadline(); ok {
		connection.SetReadDeadline(deadline)
	}
	file, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.bytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, large
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &problem{http.StatusRequestTimeout, fmt.Sprintf("The picture did not arrive within %v.", s.timeout)}
	case err != nil:
		return nil, &problem{http.StatusBadRequest, "The picture did not arrive whole."}
	case len(file) == 0:
		return nil, &problem{http.StatusBadRequest, "There is no picture in the request: send its file as the body."}
	}
	connection.SetReadDeadline(time.Time{}) // what is read from now on only tells whether the client is there
	return file, nil
}

// sizeOf is a picture's size, from its header. Nothing is decoded yet: a file of some bytes can hold
// a picture of gigabytes.
func (l limits) sizeOf(file []byte) (width, height int, err error) {
	width, height, err = vision.SizeOfBytes(file)
	switch {
	case err != nil:
		return 0, 0, &problem{http.StatusUnsupportedMediaType, "This file is not an image we can read: it must be JPEG, PNG, GIF, WebP, BMP or TIFF."}
	case width > l.pixels/height:
		return 0, 0, &problem{http.StatusUnprocessableEntity, fmt.Sprintf("The picture has %d × %d pixels, more than %.4g million. Send a smaller one.", width, height, float64(l.pixels)/1e6)}
	}
	return width, height, nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.3g MB", float64(n)/(1<<20)) }
