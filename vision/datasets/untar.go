package datasets

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// untar unpacks the one folder of a .tgz archive to dir, which appears when it is whole.
// Only files and folders are unpacked, and nothing outside of it.
func untar(ctx context.Context, archive, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".unpacking-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := unpack(ctx, archive, tmp); err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	root := filepath.Join(tmp, filepath.Base(dir))
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: it holds no folder %s", archive, filepath.Base(dir))
	}
	err = os.Rename(root, dir)
	if _, statErr := os.Stat(dir); err != nil && statErr == nil {
		return nil // another process was first
	}
	return err
}

func unpack(ctx context.Context, archive, into string) error {
	f, err := diskfile.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	root, err := diskfile.OpenRoot(into)
	if err != nil {
		return err
	}
	defer root.Close()
	for entries := tar.NewReader(z); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := entries.Next()
		if err == io.EOF { // of the archive: the checksum stands at the end of the file
			_, err = io.Copy(io.Discard, z)
			return err
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(root, h, entries); err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

func unpackEntry(root *os.Root, h *tar.Header, content io.Reader) error {
	name := filepath.Clean(filepath.FromSlash(h.Name))
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeDir:
		return root.MkdirAll(name, 0o777)
	case tar.TypeReg:
		if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		out, err := root.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, content)
		return errors.Join(err, out.Close())
	}
	return errors.New("it is neither a file nor a folder")
}
