package pth

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"

	"github.com/fastlearn-go/fastlearn/internal/pickle"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// legacyMagic is the integer that PyTorch's files before 1.6 begin with, pickled.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

var le = binary.LittleEndian

const legacyVersion = 1001

// isLegacy tells whether a file begins with the magic integer, whatever the protocol.
func isLegacy(file []byte) bool {
	digits := []byte{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}
	return len(file) > 2 && file[0] == pickle.OpProto && bytes.Contains(file[:min(len(file), 40)], digits)
}

// decodeLegacy reads what torch.save wrote before PyTorch 1.6: five pickles, the magic integer, a version, facts
// of the machine, the value, the keys of the storages; and then the storages in the order of their keys.
func decodeLegacy(file []byte, o options) (*File, error) {
	l := legacyStorages{mode: o.mode, file: o.file, limit: mulSat(expansion, int64(len(file))), seen: map[string]*Storage{}}
	rest := file
	var parts [5]any
	for i := range parts {
		var storage func(Tuple) (*Storage, error)
		if i == 3 {
			storage = l.storage
		}
		var err error
		if parts[i], rest, err = unpickle(rest, len(file), storage, o.opaque && i == 3); err != nil {
			return nil, err
		}
	}
	if magic, ok := parts[0].(*big.Int); !ok || magic.Cmp(legacyMagic) != 0 {
		return nil, errorf("the file does not begin with PyTorch's magic number")
	}
	if parts[1] != any(int64(legacyVersion)) {
		return nil, errorf("the file is of version %v; PyTorch wrote %d", parts[1], legacyVersion)
	}
	if facts, ok := parts[2].(*Dict); !ok {
		return nil, errorf("the file lacks the facts of the machine that wrote it")
	} else if little, _ := facts.Get("little_endian"); little != true {
		return nil, errBigEndian()
	}
	keys, ok := parts[4].(*List)
	if !ok {
		return nil, errorf("the file lacks the list of its storages")
	}
	if err := l.fill(keys.Items, rest); err != nil {
		return nil, err
	}
	return &File{Format: Legacy, value: parts[3]}, nil
}

func errBigEndian() error {
	return errorf("the file was written on a big-endian machine: in Python, " +
		"torch.save(torch.load(file), file) on an ordinary machine converts it")
}

// legacyStorages are the storages of a legacy file, whose data comes after the pickle that describes them.
type legacyStorages struct {
	mode  mode
	file  *diskfile.Content
	limit int64
	seen  map[string]*Storage
}

// storage takes ("storage", class, key, location, elements, view).
func (l *legacyStorages) storage(id Tuple) (*Storage, error) {
	s, err := declare(id)
	if err != nil {
		return nil, err
	}
	if len(id) != 6 {
		return nil, errorf("a storage is not described as PyTorch did it: (%s)", describeAll(id))
	}
	if id[5] != nil {
		return nil, errorf("storage %q is a view of another one, as before PyTorch 0.4: in Python, save the file again", s.key)
	}
	if old := l.seen[s.key]; old != nil {
		return old, old.merge(s)
	}
	s.file, s.limit = l.file, l.limit
	l.seen[s.key] = &s
	return &s, nil
}

// fill gives the storages their data: for each key the number of elements, and the elements.
func (l *legacyStorages) fill(keys []any, data []byte) error {
	filled := 0
	for _, key := range keys {
		name, _ := key.(string)
		s := l.seen[name]
		if s == nil || s.Data != nil {
			return errorf("the file lists a storage %q that no tensor refers to, or lists it twice", name)
		}
		if len(data) < 8 || le.Uint64(data) > math.MaxInt64 ||
			mulSat(int64(le.Uint64(data)), int64(s.DType.Size())) != s.declared || s.declared > int64(len(data)-8) {
			return errorf("storage %q should have %d bytes, and the file declares another number or ends before", name, s.declared)
		}
		s.Data = l.mode.alignAfter(data[:8+s.declared])
		data = data[8+s.declared:]
		filled++
	}
	if filled != len(l.seen) {
		return errorf("the file lacks the data of %d of its %d storages", len(l.seen)-filled, len(l.seen))
	}
	if len(data) > 0 && !isLegacy(data) { // else several were saved to one file, of which torch.load reads the first
		return errorf("%d bytes follow the last storage", len(data))
	}
	return nil
}
