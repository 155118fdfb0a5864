package hub

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// HFDir is Hugging Face's cache: $HF_HUB_CACHE, else $HF_HOME/hub, where HF_HOME is $XDG_CACHE_HOME/huggingface unless it is set, and
// XDG_CACHE_HOME ~/.cache. A leading ~ is the home directory, and variables in it are replaced. The directory may not exist yet. A
// variable that is set to nothing counts as unset.
func HFDir() (string, error) {
	dir, err := hfHome()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "hub")
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"} {
		if set := os.Getenv(name); set != "" {
			return expand(set)
		}
	}
	return dir, nil
}

func hfHome() (string, error) {
	if home := os.Getenv("HF_HOME"); home != "" {
		return expand(home)
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = "~/.cache"
	}
	return expand(filepath.Join(cache, "huggingface"))
}

// expand is Python's os.path.expandvars of os.path.expanduser.
func expand(path string) (string, error) {
	path, err := ExpandUser(path)
	if err != nil {
		return "", fmt.Errorf("hub: can't tell where Hugging Face's cache is, set HF_HOME: %w", err)
	}
	return variable.ReplaceAllStringFunc(path, func(v string) string {
		if value, set := os.LookupEnv(strings.Trim(v, "${}")); set {
			return value
		}
		return v
	}), nil
}

var variable = regexp.MustCompile(`\$(\w+|\{[^}]*\})`)

// repo is a repository of a model on the Hugging Face Hub, at a branch, tag or commit.
type repo struct{ name, revision string }

var (
	repoName = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?$`)
	commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)
	fileName = regexp.MustCompile(`^[\w-][\w.-]*$`) // of what a server calls a blob
)

// parseRepo reads timm's way to name a repository: owner/name@revision, after hf-hub: or not.
func parseRepo(s string) (repo, bool) {
	plain := s
	for _, scheme := range []string{"hf-hub:", "hf_hub:"} {
		plain = strings.TrimPrefix(plain, scheme)
	}
	name, revision, at := strings.Cut(plain, "@")
	if !at {
		revision = "main"
	}
	ext := strings.ToLower(filepath.Ext(name))
	isFile := plain == s && (!strings.Contains(name, "/") || slices.Contains(append([]string{".whl"}, extensions...), ext))
	ok := repoName.MatchString(name) && !strings.Contains(name, "--") && !strings.Contains(name, "..") && !isFile
	return repo{name, revision}, ok && filepath.IsLocal(revision)
}

func (r repo) String() string {
	if r.revision == "main" {
		return r.name
	}
	return r.name + "@" + r.revision
}

func (r repo) folder() (string, error) {
	dir, err := HFDir()
	return filepath.Join(dir, "models--"+strings.ReplaceAll(r.name, "/", "--")), err
}

// cached finds a file of the repository in the cache, "" where it isn't.
func (r repo) cached(file string) (string, error) {
	dir, err := r.folder()
	if err != nil {
		return "", err
	}
	commit := r.revision
	if ref, err := diskfile.ReadFile(filepath.Join(dir, "refs", filepath.FromSlash(r.revision))); err == nil {
		commit = strings.TrimSpace(string(ref))
	}
	path := filepath.Join("snapshots", commit, filepath.FromSlash(file))
	if !filepath.IsLocal(path) {
		return "", nil
	}
	path = filepath.Join(dir, path)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", nil
	}
	return path, nil
}

// snapshot puts a file, which lies in the cache as blob, where a commit's files are, and notes what commit the revision means.
func (r repo) snapshot(commit, file, blob string) (string, error) {
	dir, err := r.folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "snapshots", commit, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	if err := link(blob, path); err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	if r.revision == commit {
		return path, nil
	}
	ref := filepath.Join(dir, "refs", filepath.FromSlash(r.revision))
	if err := os.MkdirAll(filepath.Dir(ref), 0o777); err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	if err := diskfile.ReplaceBytes(ref, []byte(commit)); err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	return path, nil
}

// link makes path a relative link to blob, at once; where the system has no links, blob moves to path, as in Python.
func link(blob, path string) error {
	to, err := filepath.Rel(filepath.Dir(path), blob)
	if err != nil {
		return err
	}
	temp := fmt.Sprintf("%s.%d.link", path, os.Getpid())
	_ = os.Remove(temp)
	if err := os.Symlink(to, temp); err != nil {
		return os.Rename(blob, path)
	}
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return nil
}
