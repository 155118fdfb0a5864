package fastlearn_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/plot"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision"
)

// openers are all that read a file of the user's.
var openers = []struct {
	name string
	open func(path string) error
}{
	{"vision.Open", func(p string) error { _, err := vision.Open(p); return err }},
	{"vision.SizeOf", func(p string) error { _, _, err := vision.SizeOf(p); return err }},
	{"vision.Reader with a cache", func(p string) error {
		r := vision.Reader{Decoder: vision.Decoder{Cache: vision.NewCache(1 << 20)}}
		return r.Read(p, nil, vision.Valid, &vision.Image{})
	}},
	{"vision.VerifyImages", func(p string) error {
		bad, err := vision.VerifyImages(context.Background(), []string{p}, nil)
		for _, b := range bad {
			err = b.Err
		}
		return err
	}},
	{"vision.GetImageFiles", func(p string) error { _, err := vision.GetImageFiles(p); return err }},
	{"fastlearn.ReadCSV", func(p string) error { _, err := data.ReadCSV(p); return err }},
	{"fastlearn.ReadChoices", func(p string) error { _, err := clean.ReadChoices(p); return err }},
	{"clean.Plan", func(p string) error {
		_, err := clean.Plan(p, []clean.Choice{{Path: "a/x.jpg", Label: "a", Choice: clean.Delete}})
		return err
	}},
	{"fastlearn.FileSplitter", func(p string) error {
		_, _, err := data.FileSplitter(p)(data.Items{Len: 1, At: func(int) any { return "x.jpg" }, Path: func(int) string { return "x.jpg" }})
		return err
	}},
	{"predictor.Load", func(p string) error { _, err := predictor.Load(p); return err }},
	{"plot.AddFont", plot.AddFont},
	{"pth.Open", func(p string) error { _, err := pth.Open(p); return err }},
	{"pth.OpenMapped", func(p string) error { _, err := pth.OpenMapped(p); return err }},
	{"safetensors.Open", func(p string) error { _, err := safetensors.Open(p); return err }},
	{"safetensors.OpenMapped", func(p string) error { _, err := safetensors.OpenMapped(p); return err }},
	{"checkpoint.Open", func(p string) error { _, err := checkpoint.Open(p); return err }},
	{"checkpoint.OpenMapped", func(p string) error { _, err := checkpoint.OpenMapped(p); return err }},
	{"nn.LoadFile", func(p string) error { _, err := nn.LoadFile(&nn.ReLU{}, p, nn.LoadOptions{}); return err }},
	{"nn.LoadFile with Assign", func(p string) error {
		_, err := nn.LoadFile(&nn.ReLU{}, p, nn.LoadOptions{Assign: true})
		return err
	}},
	{"jit.Load", func(p string) error { _, err := jit.Load(p); return err }},
}

// kinds are what may lie at a path that isn't a file to be read, with what the error says.
var kinds = []struct {
	name string
	make func(path string) error
	says string
}{
	{"a named pipe", func(p string) error { return syscall.Mkfifo(p, 0o666) }, "a named pipe, not a file"},
	{"a link to a pipe", func(p string) error {
		if err := syscall.Mkfifo(p+".fifo", 0o666); err != nil {
			return err
		}
		return os.Symlink(p+".fifo", p)
	}, "a named pipe, not a file"},
	{"a device without end", func(p string) error { return os.Symlink("/dev/zero", p) }, "a device, not a file"},
	{"a device that is empty", func(p string) error { return os.Symlink("/dev/null", p) }, "a device, not a file"},
	{"a socket", func(p string) error {
		l, err := net.Listen("unix", p)
		if err == nil {
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			l.Close()
		}
		return err
	}, "a socket, not a file"},
	{"a directory", func(p string) error { return os.Mkdir(p, 0o777) }, "a directory, not a file"},
	{"a dangling link", func(p string) error { return os.Symlink(p+".gone", p) }, "no such file"},
	{"a link to itself", func(p string) error { return os.Symlink(p, p) }, "too many levels of symbolic links"},
	{"nothing", func(string) error { return nil }, "no such file"},
	{"an empty file", func(p string) error { return os.WriteFile(p, nil, 0o666) }, ""},
	{"a file without content of 1 TB", func(p string) error {
		if err := os.WriteFile(p, nil, 0o666); err != nil {
			return err
		}
		return os.Truncate(p, 1<<40)
	}, ""},
	{"a file without permission", func(p string) error {
		if os.Getuid() == 0 {
			return nil // root may read it: nothing is there
		}
		return os.WriteFile(p, []byte("x"), 0)
	}, ""},
}

// Every opener refuses at once what isn't a file, says what it is, and takes no memory for it. It is tried in a process of
// its own, whose address space is limited.
func TestOpenersRefuseWhatIsNoFile(t *testing.T) {
	const child = "FASTLEARN_TRY_OPENERS"
	if dir := os.Getenv(child); dir != "" {
		limit := syscall.Rlimit{Cur: 16 << 30, Max: 16 << 30}
		if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
			t.Fatal(err)
		}
		tryOpeners(t, dir)
		fmt.Println("all were tried")
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestOpenersRefuseWhatIsNoFile$")
	cmd.Env = append(os.Environ(), child+"="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "all were tried") {
		t.Errorf("%v\n%s", err, out)
	}
}

func tryOpeners(t *testing.T, dir string) {
	for i, k := range kinds {
		for _, ext := range []string{".pth", ".safetensors"} {
			path := filepath.Join(dir, fmt.Sprint(i)+ext)
			if err := k.make(path); err != nil {
				t.Errorf("%s: %v", k.name, err)
				continue
			}
			for _, o := range openers {
				err := o.open(path)
				isDir := o.name == "vision.GetImageFiles" || o.name == "clean.Plan"
				switch {
				case err == nil:
					if !(isDir && k.name == "a directory") {
						t.Errorf("%s of %s: no error", o.name, k.name)
					}
				case isDir:
				case !strings.Contains(err.Error(), k.says) || !strings.Contains(err.Error(), path) && o.name != "vision.VerifyImages":
					t.Errorf("%s of %s: %v", o.name, k.name, err)
				}
			}
		}
	}
	for _, o := range openers {
		if err := o.open("a\x00b.pth"); err == nil {
			t.Errorf("%s of a path with a NUL: no error", o.name)
		}
	}
}
