package hub

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// ErrChecksum is in the chain of an error about a file whose size or checksum is not
// the published one. What was downloaded of it has been removed.
var ErrChecksum = errors.New("not the file that was published")

// checks is what is known of a file beforehand: size -1 and empty strings where nothing is.
type checks struct {
	size                 int64
	sha256, md5, md5Head string // md5Head: of the first MiB
	git                  string // SHA-1 as git takes it of a file
}

const headSize = 1 << 20

// verify reads the file once, and only as far as the checks ask for.
func (c checks) verify(path string) error {
	f, err := diskfile.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if c.size >= 0 && info.Size() != c.size {
		return fmt.Errorf("%w: it has %d bytes, not %d", ErrChecksum, info.Size(), c.size)
	}
	head, whole, sha := md5.New(), md5.New(), sha256.New()
	if c.md5Head != "" {
		if _, err := io.Copy(head, io.NewSectionReader(f, 0, headSize)); err != nil {
			return err
		}
	}
	git := sha1.New()
	fmt.Fprintf(git, "blob %d\x00", info.Size())
	var sums []io.Writer
	if c.git != "" {
		sums = append(sums, git)
	}
	if c.md5 != "" {
		sums = append(sums, whole)
	}
	if c.sha256 != "" {
		sums = append(sums, sha)
	}
	if len(sums) > 0 {
		if _, err := io.Copy(io.MultiWriter(sums...), f); err != nil {
			return err
		}
	}
	for _, sum := range []struct {
		what, want string
		got        []byte
	}{
		{"the MD5 of its first MiB", c.md5Head, head.Sum(nil)},
		{"its MD5", c.md5, whole.Sum(nil)},
		{"its SHA-256", c.sha256, sha.Sum(nil)},
		{"its SHA-1 as git takes it", c.git, git.Sum(nil)},
	} {
		if got := hex.EncodeToString(sum.got); !strings.HasPrefix(got, sum.want) {
			return fmt.Errorf("%w: %s begins with %.16s, not %.16s", ErrChecksum, sum.what, got, sum.want)
		}
	}
	return nil
}
