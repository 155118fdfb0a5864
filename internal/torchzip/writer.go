package torchzip

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"math"
)

const (
	// alignment is where torch.save puts the data of records: at multiples of it.
	alignment = 64
	// flagUTF8 marks names that are UTF-8.
	flagUTF8 = 1 << 11
	// chunk is how much is checksummed and written at a time: it stays in the processor's cache.
	chunk = 1 << 18
)

// A Writer writes an archive byte for byte as PyTorch's writer does: stored records with
// padded headers, their sizes in descriptors behind the data, and zip64 where it must be.
type Writer struct {
	w       *bufio.Writer
	folder  string
	offset  int64
	records []Record
}

// NewWriter returns a writer of an archive whose records lie in a folder.
func NewWriter(w io.Writer, folder string) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, 1<<15), folder: folder}
}

// write passes bytes on and counts them. Errors stay in the bufio.Writer until Flush.
func (z *Writer) write(b []byte) {
	z.w.Write(b)
	z.offset += int64(len(b))
}

// Add writes one record.
func (z *Writer) Add(name string, data []byte) error {
	r := Record{name: z.folder + "/" + name, flags: flagUTF8, Size: int64(len(data)), header: z.offset}
	if len(data) > 0 {
		r.flags |= flagDescriptor
	}
	extra := r.zip64()
	z.write(r.localHeader(extra))
	for rest := data; len(rest) > 0; {
		n := min(chunk, len(rest))
		r.CRC = crc32.Update(r.CRC, crc32.IEEETable, rest[:n])
		if _, err := z.w.Write(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	z.offset += r.Size
	if len(data) > 0 {
		b := le.AppendUint32(nil, sigDescriptor)
		b = le.AppendUint32(b, r.CRC)
		if extra == nil {
			b = le.AppendUint32(le.AppendUint32(b, uint32(r.Size)), uint32(r.Size))
		} else {
			b = le.AppendUint64(le.AppendUint64(b, uint64(r.Size)), uint64(r.Size))
		}
		z.write(b)
	}
	z.records = append(z.records, r)
	return nil
}

// zip64 is the extra field with the sizes and the offset that 32 bits cannot hold, nil if they can.
func (r *Record) zip64() []byte {
	var b []byte
	if r.Size >= math.MaxUint32 {
		b = le.AppendUint64(le.AppendUint64(b, uint64(r.Size)), uint64(r.Size))
	}
	if r.header >= math.MaxUint32 {
		b = le.AppendUint64(b, uint64(r.header))
	}
	if b == nil {
		return nil
	}
	return append(le.AppendUint16(le.AppendUint16(nil, zip64Extra), uint16(len(b))), b...)
}

// localHeader is the header before the data, with a field "FB" that pads it to the alignment.
func (r *Record) localHeader(zip64 []byte) []byte {
	start := r.header + lenLocal + int64(len(r.name)) + int64(len(zip64)) + 4
	padding := (alignment - start%alignment) % alignment
	b := make([]byte, 26, start-r.header+padding)
	le.PutUint32(b, sigLocal)
	le.PutUint16(b[6:], r.flags)
	b = le.AppendUint16(b, uint16(len(r.name)))
	b = le.AppendUint16(b, uint16(int64(len(zip64))+4+padding))
	b = append(append(b, r.name...), zip64...)
	b = append(b, 'F', 'B', byte(padding), 0)
	for range padding {
		b = append(b, 'Z')
	}
	return b
}

// central is the record's entry in the directory.
func (r *Record) central() []byte {
	extra := r.zip64()
	b := make([]byte, lenCentral)
	le.PutUint32(b, sigCentral)
	le.PutUint16(b[8:], r.flags)
	le.PutUint32(b[16:], r.CRC)
	le.PutUint32(b[20:], saturate(r.Size))
	le.PutUint32(b[24:], saturate(r.Size))
	le.PutUint16(b[28:], uint16(len(r.name)))
	le.PutUint16(b[30:], uint16(len(extra)))
	le.PutUint32(b[42:], saturate(r.header))
	return append(append(b, r.name...), extra...)
}

func saturate(n int64) uint32 { return uint32(min(n, math.MaxUint32)) }

// Close writes the directory and the end of the file: torch writes both end records, whatever the size.
func (z *Writer) Close() error {
	start := z.offset
	for i := range z.records {
		z.write(z.records[i].central())
	}
	end, n, size := z.offset, uint64(len(z.records)), z.offset-start
	b := le.AppendUint32(nil, sigEnd64)
	b = le.AppendUint64(b, lenEnd64-12)
	b = le.AppendUint16(le.AppendUint16(b, 0x031e), 45) // made by version 3.0 on Unix, needs 4.5
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint64(le.AppendUint64(b, n), n)
	b = le.AppendUint64(le.AppendUint64(b, uint64(size)), uint64(start))
	b = le.AppendUint32(b, sigLocator64)
	b = append(b, 0, 0, 0, 0)
	b = le.AppendUint64(b, uint64(end))
	b = le.AppendUint32(b, 1)
	b = le.AppendUint32(b, sigEnd)
	b = append(b, 0, 0, 0, 0)
	short := uint16(min(n, math.MaxUint16))
	b = le.AppendUint16(le.AppendUint16(b, short), short)
	b = le.AppendUint32(le.AppendUint32(b, saturate(size)), saturate(start))
	z.write(append(b, 0, 0))
	return z.w.Flush()
}

// SerializationID is 40 digits that depend on the names and checksums of all records.
func (z *Writer) SerializationID() []byte {
	names, sums := fnv.New64a(), fnv.New64a()
	for i := range z.records {
		io.WriteString(names, z.records[i].name[len(z.folder):])
		sums.Write(le.AppendUint32(nil, z.records[i].CRC))
	}
	return fmt.Appendf(nil, "%020d%020d", names.Sum64(), sums.Sum64())
}
