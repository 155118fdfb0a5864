package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The folder that "make deploy" makes serves in a root that holds nothing beside it but glibc, and isn't larger than promised.
func TestDeploy(t *testing.T) {
	for _, tool := range []string{"bash", "gcc", "strip", "readelf", "nm", "ldd"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s here to make the folder with: %v", tool, err)
		}
	}
	file, picture := flowers(t)
	root := t.TempDir()
	build := exec.Command(filepath.Join(parity.Root(), "scripts", "image", "deploy.sh"), "./examples/serve", file, filepath.Join(root, "app"))
	build.Dir, build.Env = parity.Root(), append(os.Environ(), "ARCHIVES=no")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	} else {
		t.Logf("%s", out)
	}
	sizes := map[bool]int64{} // of libtorch and what it needs, and of program and model
	err := filepath.WalkDir(filepath.Join(root, "app"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			sizes[strings.Contains(filepath.Base(path), ".so")] += info.Size()
		}
		return err
	})
	if err != nil || sizes[true] > 365e6 || sizes[false] > 30e6 || sizes[true] < 100e6 {
		t.Errorf("%d bytes of libraries, want at most 365e6; %d of program and model, want at most 30e6 (%v)", sizes[true], sizes[false], err)
	}
	glibc(t, root)
	if err := os.Mkdir(filepath.Join(root, "dev"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "dev", "urandom"), []byte(rand.Text()), 0o666); err != nil { // every container has the device
		t.Fatal(err)
	}

	program := exec.Command("/app/bin/program", "-address", "127.0.0.1:0", "/app/model.safetensors")
	program.Dir, program.Env = "/", []string{"LD_LIBRARY_PATH=/app/torch/lib:/app/lib"} // without /proc there is no $ORIGIN
	program.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if os.Getuid() != 0 {
		program.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		program.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		program.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	log, err := program.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("this user may not change the root: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer program.Process.Kill()
	said := bufio.NewScanner(log)
	url, before := "", ""
	for url == "" && said.Scan() {
		if before += said.Text() + "\n"; strings.HasPrefix(said.Text(), "http://127.0.0.1:") {
			url = said.Text()
		}
	}
	if strings.ReplaceAll(before, noProc, "") != url+"\n" {
		t.Fatalf("it says %s", before)
	}
	answer, err := http.Post(url+"/api/predict", "application/octet-stream", bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"probability"`)) {
		t.Errorf("%s: %s, %v", answer.Status, body, err)
	}
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for said.Scan() {
		t.Errorf("it says %s", said.Text())
	}
	if err := program.Wait(); err != nil {
		t.Errorf("it ended by %v", err)
	}
}

// noProc is what libtorch says where there is no /proc, which every container has.
const noProc = "Error in cpuinfo: failed to parse processor information from /proc/cpuinfo\n"

// glibc copies to a root what the program needs beside its folder: the linker and glibc's libraries.
func glibc(t *testing.T, root string) {
	t.Helper()
	out, err := exec.Command("ldd", filepath.Join(root, "app", "bin", "program")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found := 0
	for _, path := range regexp.MustCompile(`(?m)(/\S+/(?:ld-linux-[^/\s]+|lib(?:c|m|dl|rt|util|pthread)\.so\.\d+))`).FindAllString(string(out), -1) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o755); err != nil {
			t.Fatal(err)
		}
		found++
	}
	if found < 3 {
		t.Fatalf("no glibc in %s", out)
	}
}

// What can't become a folder is an error, and what is there stays.
func TestDeployRefuses(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ model, out, want string }{
		{filepath.Join(dir, "none"), filepath.Join(dir, "out"), "there is no such file"},
		{mine, dir, "isn't a folder of deploy.sh"},
	} {
		out, err := exec.Command(filepath.Join(parity.Root(), "scripts", "image", "deploy.sh"), "./examples/serve", c.model, c.out).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%v: %s", err, out)
		}
	}
	if content, err := os.ReadFile(mine); err != nil || string(content) != "mine" {
		t.Errorf("%q, %v", content, err)
	}
}
