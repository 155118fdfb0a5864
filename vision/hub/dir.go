package hub

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
)

// Dir is PyTorch's cache of checkpoints: $TORCH_HOME/hub/checkpoints, where TORCH_HOME
// is $XDG_CACHE_HOME/torch unless it is set, and XDG_CACHE_HOME ~/.cache. A leading ~
// in either is the home directory. The directory may not exist yet.
//
// It is the directory of torch.hub.get_dir(), but for one case: a variable that is set
// to nothing counts as unset, where Python would take the current directory.
func Dir() (string, error) {
	home := os.Getenv("TORCH_HOME")
	if home == "" {
		cache := os.Getenv("XDG_CACHE_HOME")
		if cache == "" {
			cache = "~/.cache"
		}
		home = filepath.Join(cache, "torch")
	}
	home, err := ExpandUser(home)
	if err != nil {
		return "", fmt.Errorf("hub: can't tell where PyTorch's cache is, set TORCH_HOME: %w", err)
	}
	return filepath.Join(home, "hub", "checkpoints"), nil
}

// ExpandUser is Python's os.path.expanduser: ~ and ~name at a path's beginning.
func ExpandUser(path string) (string, error) {
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	name, rest, _ := strings.Cut(filepath.ToSlash(path[1:]), "/")
	home, err := os.UserHomeDir()
	switch {
	case name != "":
		u, lookupErr := user.Lookup(name)
		if lookupErr != nil {
			return path, nil // as Python does: a name that merely begins so
		}
		home = u.HomeDir
	case err != nil: // HOME is unset
		u, lookupErr := user.Current()
		if lookupErr != nil {
			return "", err
		}
		home = u.HomeDir
	}
	return filepath.Join(home, filepath.FromSlash(rest)), nil
}
