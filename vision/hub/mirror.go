package hub

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// mirrored is where the file at a URL is fetched: a URL, or a path on this machine. FASTLEARN_HUB names a mirror, a URL or a
// folder, that has all files under their hosts and paths, as wget -x lays them out.
func mirrored(rawURL string) (place string, local bool, err error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", false, fmt.Errorf("hub: %q is not an http or https URL", rawURL)
	}
	base := os.Getenv("FASTLEARN_HUB")
	switch {
	case base == "":
		return rawURL, false, nil
	case isURL(base):
		return strings.TrimRight(base, "/") + "/" + u.Host + u.EscapedPath(), false, nil
	}
	base, err = ExpandUser(base)
	if err != nil {
		return "", false, fmt.Errorf("hub: FASTLEARN_HUB: %w", err)
	}
	path := filepath.FromSlash(strings.TrimPrefix(u.Path, "/"))
	if !filepath.IsLocal(path) {
		return "", false, fmt.Errorf("hub: %s does not name a file", rawURL)
	}
	return filepath.Join(base, u.Host, path), true, nil
}

func isURL(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }

// inMirror checks a file of a mirror that is a folder, where it is used in place.
func inMirror(path, url string, opts []Option) (string, error) {
	d, err := newDownload(url, path, opts)
	if err == nil {
		err = d.checks.verify(path)
	}
	if err != nil {
		return "", fmt.Errorf("hub: FASTLEARN_HUB: %s: %w", path, err)
	}
	return path, nil
}
