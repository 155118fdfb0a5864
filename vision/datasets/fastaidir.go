package datasets

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// fastaiDirs are where fastai keeps archives and data sets: below $FASTAI_HOME, ~/.fastai
// without it, in the folders that its config.ini names.
func fastaiDirs() (archive, data string, err error) {
	home := os.Getenv("FASTAI_HOME")
	if home == "" {
		home = "~/.fastai"
	}
	if home, err = hub.ExpandUser(home); err != nil {
		return "", "", err
	}
	named := map[string]string{"archive": "archive", "data": "data"}
	f, err := diskfile.Open(filepath.Join(home, "config.ini"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	if err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			key, value, ok := strings.Cut(lines.Text(), "=")
			if key = strings.TrimSpace(key); ok && named[key] != "" && strings.TrimSpace(value) != "" {
				named[key] = strings.TrimSpace(value)
			}
		}
	}
	place := func(name string) string {
		if filepath.IsAbs(named[name]) {
			return named[name]
		}
		return filepath.Join(home, named[name])
	}
	return place("archive"), place("data"), nil
}
