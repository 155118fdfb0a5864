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

// pngText is the keyword and the text of a chunk tEXt, zTXt or iTXt; nothing of another one, and of one that is damaged.
func pngText(chunk string, body []byte) (key string, text []byte) {
	if chunk != "tEXt" && chunk != "zTXt" && chunk != "iTXt" {
		return "", nil
	}
	k, text, ok := bytes.Cut(body, []byte{0})
	if !ok {
		return "", nil
	}
	compressed := chunk == "zTXt"
	if compressed && len(text) > 0 {
		text = text[1:] // the method
	}
	if chunk == "iTXt" {
		if len(text) < 2 {
			return "", nil
		}
		compressed = text[0] != 0
		parts := bytes.SplitN(text[2:], []byte{0}, 3) // a language, the keyword in it
		if len(parts) < 3 {
			return "", nil
		}
		text = parts[2]
	}
	if compressed {
		const most = 1 << 20 // as PIL
		r, err := zlib.NewReader(bytes.NewReader(text))
		if err != nil {
			return "", nil
		}
		if text, err = io.ReadAll(io.LimitReader(r, most)); err != nil {
			return "", nil
		}
	}
	return string(k), text
}
