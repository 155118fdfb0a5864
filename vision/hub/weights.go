package hub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// Weights finds a file of weights by its name, and fetches it where no cache has it. In this order, a name is
//   - an http or https URL: of a file, which PyTorch's cache ([Dir]) keeps, or of a repository on the Hugging Face Hub or a file there
//   - that of published weights, see [LookupWeights]: torchvision's are in PyTorch's cache, timm's in Hugging Face's ([HFDir])
//   - what is on this machine, see [File]
//   - a repository on the Hugging Face Hub, "timm/vit_tiny_patch16_224.augreg_in21k", with a branch, tag or commit if "@main" and the
//     like follows, and with or without timm's "hf-hub:" before it. Its model.safetensors is taken, or else its pytorch_model.bin
//
// A file in a cache is trusted, as torch.hub does: it was compared with its checksum when it came there. Options are those of the
// download.
func Weights(ctx context.Context, name string, opts ...Option) (Checkpoint, error) {
	if err := guard.Context("hub: Weights", ctx); err != nil {
		return Checkpoint{}, err
	}
	if name == "" {
		return Checkpoint{}, errors.New("hub: Weights: the name is empty")
	}
	if err := guard.Options("hub: Weights: options", opts, func(Option) {}); err != nil {
		return Checkpoint{}, err
	}
	if isURL(name) {
		if r, file, ok := hubURL(name); ok {
			return r.weights(ctx, file, opts)
		}
		file, err := cached(ctx, name, opts)
		if err != nil {
			return Checkpoint{}, err
		}
		return File(file)
	}
	p, unknown := LookupWeights(name)
	if unknown == nil {
		return p.fetch(ctx, opts)
	}
	if len(lookup(name)) > 1 {
		return Checkpoint{}, unknown
	}
	if there, err := there(name); there || err != nil {
		return File(name)
	}
	if r, ok := parseRepo(name); ok {
		return r.weights(ctx, "", opts)
	}
	return Checkpoint{}, fmt.Errorf("%w; nor is there such a file", unknown)
}

// fetch is [Weights] of a row of the table.
func (p Published) fetch(ctx context.Context, opts []Option) (Checkpoint, error) {
	if r, _, ok := hubURL(p.URL); ok {
		return r.weights(ctx, "", opts)
	}
	file, err := cached(ctx, p.URL, opts)
	return Checkpoint{file, p.Arch, p.Preprocessing}, err
}

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
