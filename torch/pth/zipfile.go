package pth

import (
	"math"

	"github.com/fastlearn-go/fastlearn/internal/torchzip"
)

// expansion is how many times a file's size a tensor may take by default when it is materialised, and
// how many times its pickle's size the values may number.
const expansion = 16

// decodeZip reads what torch.save has written since PyTorch 1.6.
func decodeZip(data []byte, o options) (*File, error) {
	a, err := torchzip.Open(data)
	if err != nil {
		return nil, err
	}
	pickle, err := findPickle(a, o, int64(len(data)))
	if err != nil {
		return nil, err
	}
	z := zipStorages{Archive: a, options: o, limit: mulSat(expansion, int64(len(data))), seen: map[string]*Storage{}}
	z.inflatable = max(z.limit, minInflated)
	v, rest, err := unpickle(pickle, len(data), z.storage, o.opaque)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errorf("%d bytes follow the end of the pickle", len(rest))
	}
	return &File{Format: Zip, Archive: a.Folder, value: v}, nil
}

// findPickle finds the pickle of an archive and checks the CRCs: of all records, or of the pickle alone.
func findPickle(a *torchzip.Archive, o options, fileSize int64) ([]byte, error) {
	r := a.Records["data.pkl"]
	if r == nil {
		return nil, errorf("the zip file holds no %s/data.pkl: it is not from torch.save", a.Folder)
	}
	if order := a.Records["byteorder"]; order != nil {
		b, err := order.Content(maxWord)
		if err != nil {
			return nil, err
		}
		if string(b) != "little" {
			return nil, errBigEndian()
		}
	}
	if r.Size > math.MaxInt32 {
		return nil, errorf("the pickle has %d bytes, which no list of weights needs", r.Size)
	}
	var err error
	switch {
	case o.skipCRC && r.CRC == 0:
	case o.skipCRC || o.mode == glance:
		err = r.Check(o.file)
	default:
		err = a.Check(o.file)
	}
	if err != nil {
		return nil, err
	}
	return r.Content(fileSize + morePickle)
}

// morePickle is how many bytes a compressed pickle may have beyond those of its file, which holds its storages too.
const morePickle = 1 << 19

// minInflated is how many bytes the compressed storages of any file may take in all.
const minInflated = 64 << 20

// zipStorages finds the storages of a pickle in the records of its archive.
type zipStorages struct {
	*torchzip.Archive
	options
	limit      int64
	inflatable int64 // bytes that compressed storages may still take
	seen       map[string]*Storage
}

func (z *zipStorages) storage(id Tuple) (*Storage, error) {
	s, err := declare(id)
	if err != nil || len(id) != 5 {
		return nil, errorf("a storage is not described as PyTorch does it: (%s)", describeAll(id))
	}
	if old := z.seen[s.key]; old != nil {
		return old, old.merge(s)
	}
	r := z.Records["data/"+s.key]
	if r == nil {
		return nil, errorf("the file lacks the storage %q", s.key)
	}
	if s.declared != r.Size {
		return nil, errorf("storage %q should have %d bytes, and has %d", s.key, s.declared, r.Size)
	}
	s.file, s.limit = z.file, z.limit
	if r.Deflated() {
		if z.inflatable -= r.Size; z.inflatable < 0 {
			return nil, errorf("the file's storages are compressed, and would take more than %d bytes: in Python, save them again with torch.save", max(z.limit, minInflated))
		}
		s.packed = &packed{record: r, skipCRC: z.skipCRC}
	} else {
		s.Data = z.mode.align(r.Data)
	}
	z.seen[s.key] = &s
	return &s, nil
}
