// Package hub fetches published files as torch.hub does: into the same cache,
// resumed where a download broke off, checked by the SHA-256 in their names.
package hub

import (
	"os"
	"path/filepath"
)

// Dir is PyTorch's cache of checkpoints: $TORCH_HOME/hub/checkpoints, where TORCH_HOME
// is ~/.cache/torch unless it, or XDG_CACHE_HOME, says otherwise.
func Dir() (string, error) {
	home := os.Getenv("TORCH_HOME")
	if home == "" {
		cache := os.Getenv("XDG_CACHE_HOME")
		if cache == "" {
			user, err := os.UserHomeDir()
			if err != nil {
				return "", err
			}
			cache = filepath.Join(user, ".cache")
		}
		home = filepath.Join(cache, "torch")
	}
	return filepath.Join(home, "hub", "checkpoints"), nil
}
