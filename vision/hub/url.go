package hub

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// cached is torch.hub's load_state_dict_from_url without the loading. What has no hash in its name lies under its host and path,
// since two servers may have different files of one name.
func cached(ctx context.Context, rawURL string, opts []Option) (string, error) {
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	u, err := url.Parse(rawURL)
	if err != nil || path.Base(u.Path) == "/" || path.Base(u.Path) == "." {
		return "", fmt.Errorf("hub: %q does not name a file", rawURL)
	}
	file := filepath.Join(dir, path.Base(u.Path))
	if !hashInName.MatchString(path.Base(u.Path)) {
		below := filepath.Join(u.Host, filepath.FromSlash(path.Clean("/"+u.Path)))
		if !filepath.IsLocal(below) {
			return "", fmt.Errorf("hub: %q does not name a file", rawURL)
		}
		file = filepath.Join(dir, below)
	}
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
		return file, nil
	}
	place, local, err := mirrored(rawURL)
	switch {
	case err != nil:
		return "", err
	case local:
		return inMirror(place, rawURL, opts)
	}
	return file, Download(ctx, place, file, opts...)
}

// hubURL reads the address of a repository on the Hugging Face Hub, or of one of its files as its pages show it.
func hubURL(rawURL string) (r repo, file string, ok bool) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host != hubHost {
		return repo{}, "", false
	}
	parts := strings.SplitN(strings.Trim(u.Path, "/"), "/", 5)
	switch {
	case len(parts) == 2:
		r, ok = parseRepo(parts[0] + "/" + parts[1])
	case len(parts) == 5 && (parts[2] == "resolve" || parts[2] == "blob"):
		r, ok = parseRepo(parts[0] + "/" + parts[1] + "@" + parts[3])
		file = parts[4]
	}
	return r, file, ok && (file == "" || filepath.IsLocal(file))
}
