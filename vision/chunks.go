package vision

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"iter"
)

// riffChunks are the chunks of a RIFF file.
func riffChunks(data []byte) iter.Seq2[string, []byte] { return riffChunksAt(data, 12) }

// riffChunksAt are the chunks from a place on; those of an odd length are padded. One that is cut isn't given.
func riffChunksAt(data []byte, at int) iter.Seq2[string, []byte] {
	return func(yield func(name string, body []byte) bool) {
		for at := at; len(data)-at >= 8; {
			name, n := string(data[at:at+4]), int(binary.LittleEndian.Uint32(data[at+4:]))
			if at += 8; n > len(data)-at || !yield(name, data[at:at+n]) {
				return
			}
			at += min(n+n&1, len(data)-at)
		}
	}
}

// pngText is what a chunk tEXt, zTXt or iTXt says of a keyword, "" of another one and where it is damaged.
type pngText struct {
	text       []byte
	compressed bool
}

// textOf reads such a chunk if it is of the keyword.
func textOf(chunk string, body []byte, keyword string) (t pngText, ok bool) {
	key, text, ok := bytes.Cut(body, []byte{0})
	if !ok || string(key) != keyword {
		return t, false
	}
	switch chunk {
	case "tEXt":
		return pngText{text, false}, true
	case "zTXt":
		return pngText{text[min(1, len(text)):], true}, true // behind the method
	case "iTXt":
		if len(text) < 2 {
			return t, false
		}
		parts := bytes.SplitN(text[2:], []byte{0}, 3) // a language, the keyword in it
		return pngText{parts[len(parts)-1], text[0] != 0}, len(parts) == 3
	}
	return t, false
}

// read undoes the compression.
func (t pngText) read() []byte {
	if !t.compressed {
		return t.text
	}
	const most = 1 << 20 // as PIL
	r, err := zlib.NewReader(bytes.NewReader(t.text))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return nil
	}
	return text
}
