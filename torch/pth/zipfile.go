package pth

import (
	"math"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
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
	pickle, err := findPickle(a, o)
	if err != nil {
		return nil, err
	}
	z := zipStorages{Archive: a, mode: o.mode, file: o.file, limit: mulSat(expansion, int64(len(data))), seen: map[string]*Storage{}}
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
func findPickle(a *torchzip.Archive, o options) ([]byte, error) {
	r := a.Records["data.pkl"]
	if r == nil {
		return nil, errorf("the zip file holds no %s/data.pkl: it is not from torch.save", a.Folder)
	}
	if order := a.Records["byteorder"]; order != nil && string(order.Data) != "little" {
		return nil, errBigEndian()
	}
	if r.Size > math.MaxInt32 {
		return nil, errorf("the pickle has %d bytes, which no list of weights needs", r.Size)
	}
	if o.skipCRC && r.CRC == 0 {
		return r.Data, nil
	}
	if o.skipCRC || o.mode == glance {
		return r.Data, r.Check(o.file)
	}
	return r.Data, a.Check(o.file)
}

// zipStorages finds the storages of a pickle in the records of its archive.
type zipStorages struct {
	*torchzip.Archive
	mode  mode
	file  *diskfile.Content
	limit int64
	seen  map[string]*Storage
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
	s.Data, s.file, s.limit = z.mode.align(r.Data), z.file, z.limit
	z.seen[s.key] = &s
	return &s, nil
}
