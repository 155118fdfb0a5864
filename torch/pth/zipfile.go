package pth

import (
	"math"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// expansion is how many times a file's size a tensor may take by default when it is materialised, and
// how many times its pickle's size the values may number.
const expansion = 16

// decodeZip reads what torch.save has written since PyTorch 1.6.
func decodeZip(data []byte, o options) (*File, error) {
	a, err := readArchive(data)
	if err != nil {
		return nil, err
	}
	pickle, err := a.pickle(o)
	if err != nil {
		return nil, err
	}
	z := zipStorages{archive: a, mode: o.mode, file: o.file, limit: mulSat(expansion, int64(len(data))), seen: map[string]*Storage{}}
	v, rest, err := unpickle(pickle, len(data), z.storage, o.opaque)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errorf("%d bytes follow the end of the pickle", len(rest))
	}
	return &File{Format: Zip, Archive: a.folder, value: v}, nil
}

// pickle finds the pickle of an archive and checks the CRCs: of all records, or of the pickle alone.
func (a *archive) pickle(o options) ([]byte, error) {
	r := a.records["data.pkl"]
	if r == nil {
		return nil, errorf("the zip file holds no %s/data.pkl: it is not from torch.save", a.folder)
	}
	if order := a.records["byteorder"]; order != nil && string(order.data) != "little" {
		return nil, errBigEndian()
	}
	if r.size > math.MaxInt32 {
		return nil, errorf("the pickle has %d bytes, which no list of weights needs", r.size)
	}
	if o.skipCRC && r.crc == 0 {
		return r.data, nil
	}
	if o.skipCRC || o.mode == glance {
		return r.data, r.check(o.file)
	}
	return r.data, a.check(o.file)
}

// zipStorages finds the storages of a pickle in the records of its archive.
type zipStorages struct {
	*archive
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
	r := z.records["data/"+s.key]
	if r == nil {
		return nil, errorf("the file lacks the storage %q", s.key)
	}
	if s.declared != r.size {
		return nil, errorf("storage %q should have %d bytes, and has %d", s.key, s.declared, r.size)
	}
	s.Data, s.file, s.limit = z.mode.align(r.data), z.file, z.limit
	z.seen[s.key] = &s
	return &s, nil
}
