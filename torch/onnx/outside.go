package onnx

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// writeFile writes the model, and beside it, where it takes more than a message of protobuf may, its weights as PATH.data.
func (m *model) writeFile(path string) error {
	if _, total := m.front(); total > limit {
		data := path + ".data"
		m.moveOut(filepath.Base(data))
		if err := diskfile.Replace(data, true, m.writeOutside); err != nil {
			return err
		}
	}
	return diskfile.Replace(path, true, func(f *os.File) error { return m.write(f) })
}

// alignment is that of each tensor in a file of data.
const alignment = 64

// moveOut has each tensor name its place in a file of data. Small ones stay, since shapes are read from them.
func (m *model) moveOut(location string) {
	offset := int64(0)
	for i := range m.tensors {
		t := &m.tensors[i]
		if t.size < 1024 {
			continue
		}
		t.outside = true
		for _, entry := range [][2]string{{"location", location}, {"offset", strconv.FormatInt(offset, 10)}, {"length", strconv.FormatInt(t.size, 10)}} {
			t.head = message(t.head, 13, str(str(nil, 1, entry[0]), 2, entry[1]))
		}
		t.head = number(t.head, 14, 1)
		offset += (t.size + alignment - 1) / alignment * alignment
	}
}

// writeOutside writes the data of the tensors that were moved out.
func (m *model) writeOutside(f *os.File) error {
	w := bufio.NewWriterSize(f, 1<<20)
	for _, t := range m.tensors {
		if !t.outside {
			continue
		}
		if err := t.writeData(w); err != nil {
			return err
		}
		if _, err := w.Write(make([]byte, (alignment-t.size%alignment)%alignment)); err != nil {
			return err
		}
	}
	return w.Flush()
}
