package hub

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

const hubHost = "huggingface.co"

// errAbsent is a file that a repository doesn't have.
var errAbsent = errors.New("the repository has no such file")

// weights finds the repository's weights, or the file that is named, and what its config.json tells. A config.json that isn't in the
// cache beside cached weights is fetched only where the table of published weights doesn't tell the same.
func (r repo) weights(ctx context.Context, file string, opts []Option) (c Checkpoint, err error) {
	names := preferred
	if file != "" {
		names = []string{file}
	}
	for _, name := range names {
		if c.Path, err = r.cached(name); c.Path != "" || err != nil {
			break
		}
	}
	had := c.Path != ""
	for i := 0; i < len(names) && c.Path == "" && err == nil; i++ {
		if c.Path, err = r.fetch(ctx, names[i], opts); errors.Is(err, errAbsent) && i+1 < len(names) {
			err = nil
		}
	}
	if errors.Is(err, errAbsent) && file == "" {
		err = fmt.Errorf("%w, nor %s", err, strings.Join(names[:len(names)-1], ", "))
	}
	if err != nil {
		return Checkpoint{}, err
	}
	config, err := r.cached(configName)
	if config == "" && err == nil {
		i := slices.IndexFunc(published(), func(p Published) bool { return strings.HasSuffix(p.URL, hubHost+"/"+r.name) })
		if had && i >= 0 {
			return Checkpoint{c.Path, published()[i].Arch, published()[i].clone().Preprocessing}, nil
		}
		if had && offline() { // nothing tells
			return c, nil
		}
		plain := func(d *download) { d.checks, d.progress = checks{size: -1}, func(int64, int64) {} }
		config, err = r.fetch(ctx, configName, append(slices.Clone(opts), plain))
	}
	if errors.Is(err, errAbsent) {
		return c, nil
	}
	if err == nil {
		c.Arch, c.Preprocessing, err = readConfig(config)
	}
	return c, err
}

// offline tells whether huggingface_hub would not use the network.
func offline() bool {
	set := os.Getenv("HF_HUB_OFFLINE")
	if set == "" {
		set = os.Getenv("TRANSFORMERS_OFFLINE")
	}
	return slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(set))
}

// fetch downloads one of the repository's files into the cache.
func (r repo) fetch(ctx context.Context, file string, opts []Option) (string, error) {
	if offline() {
		dir, err := HFDir()
		if err == nil {
			err = fmt.Errorf("hub: %s of %s is not in the cache %s, and HF_HUB_OFFLINE is set", file, r, dir)
		}
		return "", err
	}
	place, local, err := mirrored(r.url("https://"+hubHost, file))
	if err != nil {
		return "", err
	}
	if local {
		if there, err := there(place); !there && err == nil {
			return "", fmt.Errorf("hub: FASTLEARN_HUB: %s: %w", place, errAbsent)
		}
		return inMirror(place, r.url("https://"+hubHost, file), opts)
	}
	token := ""
	if os.Getenv("FASTLEARN_HUB") == "" {
		endpoint := cmp.Or(os.Getenv("HF_ENDPOINT"), "https://"+hubHost)
		place, token = r.url(strings.TrimRight(endpoint, "/"), file), hfToken()
	}
	about, err := askHub(ctx, place, token, opts)
	if err != nil {
		return "", fmt.Errorf("hub: %s of %s at %s: %w", file, r, place, err)
	}
	if about.commit == "" { // a mirror of files alone
		sum := sha1.Sum([]byte(strings.TrimSuffix(place, file)))
		if about.commit = r.revision; !commitID.MatchString(about.commit) {
			about.commit = hex.EncodeToString(sum[:])
		}
		about.etag = hex.EncodeToString(sum[:4]) + "-" + strings.ReplaceAll(file, "/", "-")
	}
	dir, err := r.folder()
	if err != nil {
		return "", err
	}
	blob := filepath.Join(dir, "blobs", about.etag)
	opts = slices.Concat(opts, []Option{about.pin, func(d *download) { d.token = token }})
	if err := Download(ctx, place, blob, opts...); err != nil {
		return "", err
	}
	return r.snapshot(about.commit, file, blob)
}

func (r repo) url(endpoint, file string) string {
	return endpoint + "/" + r.name + "/resolve/" + url.PathEscape(r.revision) + "/" + (&url.URL{Path: file}).EscapedPath()
}

// hfToken is what huggingface_hub shows to the Hub: $HF_TOKEN, or what "hf auth login" left.
func hfToken() string {
	if token := os.Getenv("HF_TOKEN"); token != "" {
		return strings.TrimSpace(token)
	}
	path, err := expand(os.Getenv("HF_TOKEN_PATH"))
	if path == "" && err == nil {
		path, err = hfHome()
		path = filepath.Join(path, "token")
	}
	if err != nil {
		return ""
	}
	token, err := diskfile.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(token))
}
