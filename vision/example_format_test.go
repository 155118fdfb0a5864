package vision_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fastlearn-go/fastlearn/vision"
)

// Farbfeld is a header and 16-bit RGBA, without compression.
func ExampleRegisterFormat() {
	err := vision.RegisterFormat(vision.Format{
		Name:       "Farbfeld",
		Extensions: []string{".ff"},
		Match:      func(data []byte) bool { return bytes.HasPrefix(data, []byte("farbfeld")) },
		Size:       farbfeldSize,
		Decode:     farbfeldDecode,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w, h, err := vision.SizeOfBytes([]byte("farbfeld\x00\x00\x00\x03\x00\x00\x00\x02"))
	fmt.Println(w, h, err)
	// Output: 3 2 <nil>
}

func farbfeldSize(data []byte) (w, h int, err error) {
	if len(data) < 16 {
		return 0, 0, errors.New("the header is cut")
	}
	return int(binary.BigEndian.Uint32(data[8:])), int(binary.BigEndian.Uint32(data[12:])), nil
}

func farbfeldDecode(data []byte, m *vision.Image) error {
	w, h, err := farbfeldSize(data)
	if err != nil || w*h > (len(data)-16)/8 {
		return errors.Join(err, errors.New("the file is cut"))
	}
	if err := m.Alloc(w, h, 3); err != nil {
		return err
	}
	for i := range m.Pix {
		m.Pix[i] = data[16+i/3*8+i%3*2] // the upper byte of each value
	}
	return nil
}
