// Package torchzip reads and writes the zip archives of torch.save: records in one folder, as they stand in the file.
// What PyTorch would not have written is an error, and costs no more than the archive's directory to find.
package torchzip

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// An Archive is the zip file that torch.save writes: records in one folder.
type Archive struct {
	Folder  string
	Records map[string]*Record // by name, without the folder
}

// IsZip tells whether a file begins as a zip file does.
func IsZip(file []byte) bool {
	return len(file) >= 4 && (le.Uint32(file) == sigLocal || le.Uint32(file) == sigEnd)
}

// Open reads the directory of a zip file and checks all that can be checked
// without reading data: that every entry is stored or deflated, within the file, apart from every other,
// and described alike in its two places.
func Open(file []byte) (*Archive, error) {
	start, end, count, err := endOfDirectory(file)
	if err != nil {
		return nil, err
	}
	records := make([]Record, 0, count)
	for b := file[start:end]; len(b) > 0; {
		var r Record
		if r, b, err = parseCentral(b); err != nil {
			return nil, err
		}
		if uint64(len(records)) == count {
			return nil, fmt.Errorf("the zip file's directory holds more entries than the %d it declares", count)
		}
		records = append(records, r)
	}
	if uint64(len(records)) != count {
		return nil, fmt.Errorf("the zip file's directory holds %d entries, and declares %d", len(records), count)
	}
	if len(records) == 0 {
		return nil, errors.New("the zip file is empty")
	}
	if err := notOurs(records); err != nil {
		return nil, err
	}
	for i := range records {
		if err := records[i].readable(); err != nil {
			return nil, err
		}
		if err := bindLocal(file, start, &records[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.header, b.header) })
	for i := 1; i < len(records); i++ {
		if records[i].header < records[i-1].end {
			return nil, fmt.Errorf("zip entries %q and %q overlap", records[i-1].name, records[i].name)
		}
	}
	a, err := fileUnder(records)
	if err == nil {
		err = a.checkVersion()
	}
	return a, err
}

// checkVersion refuses a compressed archive without the record of a version, which PyTorch's reader wants of all.
func (a *Archive) checkVersion() error {
	if a.Records["version"] != nil || a.Records[".data/version"] != nil {
		return nil
	}
	for _, r := range a.Records {
		if r.Deflated() {
			return fmt.Errorf("zip entry %q is compressed, and there is no %s/version: it is not from torch.save", r.name, a.Folder)
		}
	}
	return nil
}

// notOurs recognises the archives of PyTorch that are not torch.save's, by a record that only they have.
func notOurs(records []Record) error {
	for _, r := range records {
		_, name, _ := strings.Cut(r.name, "/")
		switch name {
		case "constants.pkl":
			return errors.New("this is a TorchScript archive, from torch.jit.save: in Python, " +
				"torch.save(torch.jit.load(file).state_dict(), 'weights.pth') writes what can be read")
		case "archive_format":
			return errors.New("this is an exported program, from torch.export.save: in Python, " +
				"torch.save(torch.export.load(file).state_dict, 'weights.pth') writes what can be read")
		case ".data/extern_modules":
			return errors.New("this is a package of torch.package: in Python, load its model and save its state_dict()")
		}
	}
	for _, r := range records {
		_, name, _ := strings.Cut(r.name, "/")
		switch ext := path.Ext(r.name); {
		case name == "data.pkl":
			return nil
		case ext == ".npy":
			return errors.New("this is a file of numpy.savez: in Python, torch.save({k: torch.from_numpy(v) for k, v in numpy.load(file).items()}, 'weights.pth')")
		case slices.Contains([]string{".pth", ".pt", ".ckpt", ".bin", ".safetensors"}, ext):
			return fmt.Errorf("this is a zip archive with the file %q in it: unpack it first", r.name)
		}
	}
	return nil
}

// fileUnder puts the records under their names in the one folder they share.
func fileUnder(records []Record) (*Archive, error) {
	records = slices.DeleteFunc(records, func(r Record) bool { // what other programs add
		return strings.HasSuffix(r.name, "/") || strings.HasPrefix(r.name, "__MACOSX/")
	})
	if len(records) == 0 {
		return nil, errors.New("the zip file holds folders alone")
	}
	folder, _, _ := strings.Cut(records[0].name, "/")
	a := &Archive{Folder: folder, Records: make(map[string]*Record, len(records))}
	for i := range records {
		r := &records[i]
		name, ok := strings.CutPrefix(r.name, folder+"/")
		if !ok {
			return nil, fmt.Errorf("the zip file holds %q outside the folder %q: it is not from torch.save", r.name, folder)
		}
		if a.Records[name] != nil {
			return nil, fmt.Errorf("the zip file holds two entries %q", r.name)
		}
		a.Records[name] = r
	}
	return a, nil
}
