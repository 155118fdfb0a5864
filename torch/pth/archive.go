package pth

import (
	"hash/crc32"
	"slices"
	"strings"
)

// An archive is the zip file that torch.save writes: records in one folder.
type archive struct {
	folder  string
	records map[string]*record // by name, without the folder
}

// isZip tells whether a file begins as a zip file does.
func isZip(file []byte) bool {
	return len(file) >= 4 && (le.Uint32(file) == sigLocal || le.Uint32(file) == sigEnd)
}

// readArchive reads the directory of a zip file and checks all that can be checked
// without reading data: that every entry is stored, within the file, apart from every other,
// and described alike in its two places.
func readArchive(file []byte) (*archive, error) {
	start, end, count, err := endOfDirectory(file)
	if err != nil {
		return nil, err
	}
	records := make([]record, 0, count)
	for b := file[start:end]; len(b) > 0; {
		var r record
		if r, b, err = parseCentral(b); err != nil {
			return nil, err
		}
		if uint64(len(records)) == count {
			return nil, errorf("the zip file's directory holds more entries than the %d it declares", count)
		}
		records = append(records, r)
	}
	if uint64(len(records)) != count {
		return nil, errorf("the zip file's directory holds %d entries, and declares %d", len(records), count)
	}
	if len(records) == 0 {
		return nil, errorf("the zip file is empty")
	}
	if slices.ContainsFunc(records, func(r record) bool { return strings.HasSuffix(r.name, "/constants.pkl") }) {
		return nil, errorf("this is a TorchScript archive, from torch.jit.save: in Python, " +
			"torch.save(torch.jit.load(file).state_dict(), 'weights.pth') writes what can be read")
	}
	for i := range records {
		if err := records[i].stored(); err != nil {
			return nil, err
		}
		if err := bindLocal(file, start, &records[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(records, func(a, b record) int { return int(min(max(a.header-b.header, -1), 1)) })
	for i := 1; i < len(records); i++ {
		if records[i].header < records[i-1].end {
			return nil, errorf("zip entries %q and %q overlap", records[i-1].name, records[i].name)
		}
	}
	return fileUnder(records)
}

// fileUnder puts the records under their names in the one folder they share.
func fileUnder(records []record) (*archive, error) {
	folder, _, _ := strings.Cut(records[0].name, "/")
	a := &archive{folder: folder, records: make(map[string]*record, len(records))}
	for i := range records {
		r := &records[i]
		name, ok := strings.CutPrefix(r.name, folder+"/")
		if !ok {
			return nil, errorf("the zip file holds %q outside the folder %q: it is not from torch.save", r.name, folder)
		}
		if a.records[name] != nil {
			return nil, errorf("the zip file holds two entries %q", r.name)
		}
		a.records[name] = r
	}
	return a, nil
}

// check compares a record's data with its CRC.
func (r *record) check() error {
	if got := crc32.ChecksumIEEE(r.data); got != r.crc {
		return errorf("zip entry %q is damaged: its CRC is %08x, and should be %08x", r.name, got, r.crc)
	}
	return nil
}
