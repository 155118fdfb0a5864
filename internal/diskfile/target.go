package diskfile

import (
	"os"
	"path/filepath"
)

// maxLinks is how many links in a row are followed, as Linux does.
const maxLinks = 40

// target is the file that path stands for, its links followed. It need not be there: a link may point to where it will be.
func target(path string) string {
	for range maxLinks {
		if there, err := filepath.EvalSymlinks(path); err == nil {
			return there
		}
		link, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return path
}
