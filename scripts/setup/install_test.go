package main

import (
	"archive/zip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// tag is the version under which the proxy has this tree.
const tag = "v0.9.9-test"

// fileProxy is a module proxy of files with this tree as a tagged version, as git would have it: without ignored files and without the
// modules within.
func fileProxy(t *testing.T) (url string) {
	t.Helper()
	listed := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	listed.Dir = parity.Root()
	names, err := listed.Output()
	if err != nil {
		t.Skipf("not a git clone: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "proxy")
	at := filepath.Join(dir, module, "@v")
	if err := os.MkdirAll(at, 0o777); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(parity.Root(), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range parity.Sorted(map[string]string{"list": tag + "\n", tag + ".info": `{"Version":"` + tag + `"}`, tag + ".mod": string(mod)}) {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Create(filepath.Join(at, tag+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z := zip.NewWriter(file)
	files := strings.Split(strings.TrimSuffix(string(names), "\x00"), "\x00")
	others := map[string]bool{} // directories of other modules
	for _, name := range files {
		if folder := path.Dir(name); path.Base(name) == "go.mod" && folder != "." {
			others[folder] = true
		}
	}
	for _, name := range files {
		info, err := os.Lstat(filepath.Join(parity.Root(), name))
		if err != nil || !info.Mode().IsRegular() || within(others, name) {
			continue // removed, a link, or another module's
		}
		text, err := os.ReadFile(filepath.Join(parity.Root(), name))
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(module + "@" + tag + "/" + name)
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return "file://" + dir
}

// From an empty directory one line leaves a fastlearn that works, and a module that requires the tag builds in the environment
// that the tag's setup prints, without a replace.
func TestInstallFromAProxy(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command from a module proxy")
	}
	cache := goEnv(t, "GOMODCACHE")
	dir := t.TempDir()
	for _, sub := range []string{"empty", "user"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range parity.Sorted(map[string]string{
		"main.go": usersProgram,
		"go.mod":  "module example.com/user\n\ngo 1.26.0\n\nrequire " + module + " " + tag + "\n",
	}) {
		if err := os.WriteFile(filepath.Join(dir, "user", name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "GOPROXY="+fileProxy(t)+",file://"+filepath.Join(cache, "cache", "download")+",off", "GOSUMDB=off", "GOTOOLCHAIN=local", "GOWORK=off",
		"GOMODCACHE="+filepath.Join(dir, "mod"), "GOBIN="+filepath.Join(dir, "bin"), "GOFLAGS=-modcacherw", "CGO_CXXFLAGS=", "CGO_LDFLAGS=")
	run := func(in, script string) string {
		t.Helper()
		cmd := exec.Command("bash", "-c", script)
		cmd.Dir, cmd.Env = filepath.Join(dir, in), env
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s%s", script, err, out, &errs)
		}
		return string(out)
	}
	program := filepath.Join(dir, "bin", "fastlearn")
	if out := run("empty", "CGO_ENABLED=0 go run "+module+"/scripts/setup@"+tag+" install"); strings.TrimSpace(out) != program {
		t.Errorf("install says %q, want %s", out, program)
	}
	if out := run("empty", "exec env -i '"+program+"' info"); !strings.Contains(out, "libtorch") {
		t.Errorf("the program says %q", out)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "empty")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	script := `vars="$(CGO_ENABLED=0 go run ` + module + `/scripts/setup@` + tag + ` env)" && eval "$vars" && go mod tidy && go build -o program . && exec env -i ./program`
	if out := run("user", script); strings.TrimSpace(out) != "6" {
		t.Errorf("the user's program says %q", out)
	}
}

// within reports whether a file lies in one of the folders.
func within(folders map[string]bool, name string) bool {
	for name = path.Dir(name); name != "."; name = path.Dir(name) {
		if folders[name] {
			return true
		}
	}
	return false
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
