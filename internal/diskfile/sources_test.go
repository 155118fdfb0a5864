package diskfile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// openers are the functions of other packages that open what a path names, each of which waits for the other end of a pipe
// or reads a device without end.
var openers = map[string][]string{
	"os":        {"Open", "OpenFile", "OpenRoot", "OpenInRoot", "ReadFile", "DirFS", "CopyFS"},
	"io/ioutil": {"ReadFile"},
	"syscall":   {"Open", "Mmap"},
	"net/http":  {"ServeFile", "Dir"},

	"github.com/disintegration/imaging": {"Open"},
}

// exceptions may call them, for these reasons.
var exceptions = map[string]string{
	"internal/diskfile/open.go os.OpenFile":         "the opener itself",
	"internal/diskfile/open.go os.OpenRoot":         "a path that ends in a separator is a directory's or an error",
	"internal/diskfile/memory_unix.go syscall.Mmap": "maps what Open opened",
	"internal/parity/contents.go os.ReadFile":       "of the repository, by tests; diskfile's own tests import parity",
	"internal/parity/rows.go os.ReadFile":           "as above",
	"internal/parity/rows.go os.OpenFile":           "as above",
	"internal/diskfile/temp.go os.OpenFile":         "makes a new file (O_EXCL)",
	"internal/diskfile/replace.go os.Open":          "a directory, to sync it",
	"fastlearn/tensorboard/writer.go os.OpenFile":   "makes a new file (O_EXCL)",
	"internal/room/room_linux.go os.ReadFile":       "files of /sys, which have no size",
	"internal/room/room_linux.go syscall.Mmap":      "memory of no file",
	"internal/parity/memory.go os.ReadFile":         "files of /proc, which have no size",
	"internal/cpushare/usage_linux.go os.ReadFile":  "files of /proc, which have no size",
	"internal/cpushare/quota_linux.go os.ReadFile":  "files of /proc and /sys, which have no size",
	"scripts/bench/cgroup.go os.OpenFile":           "files of /sys, which have no size",
	"fastlearn/server/metrics.go os.ReadFile":       "files of /proc, which have no size",
	"scripts/bench/process.go os.ReadFile":          "files of /proc, which have no size",
	"scripts/bench/resident.go os.ReadFile":         "files of /proc, which have no size",
	"torch/cuda.go os.OpenFile":                     "a GPU's device node, to learn whether one may",
}

// No package opens what is read from a path on its own.
func TestAllIsOpenedHere(t *testing.T) {
	used := map[string]bool{}
	walkSources(t, ".go", func(name string, source []byte) {
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		imported := map[string]string{}
		for _, i := range file.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			as := path[strings.LastIndex(path, "/")+1:]
			if i.Name != nil {
				as = i.Name.Name
			}
			imported[as] = path
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := s.X.(*ast.Ident)
			if !ok || !slices.Contains(openers[imported[pkg.Name]], s.Sel.Name) {
				return true
			}
			call := name + " " + pkg.Name + "." + s.Sel.Name
			if exceptions[call] == "" {
				t.Errorf("%s: files are opened by package diskfile, so that pipes, devices and directories are refused", call)
			}
			used[call] = true
			return true
		})
	})
	for call := range exceptions {
		if !used[call] {
			t.Errorf("the exception %s isn't needed", call)
		}
	}
}

// Our C and C++ open nothing: they get descriptors or bytes. The simulated CUDA of the tests maps memory of its own.
func TestOurCOpensNoFiles(t *testing.T) {
	opens := regexp.MustCompile(`\b(f?open(at)?|mmap|[io]?fstream|from_file)\s*\(|std::[io]?fstream|\bjit::load\(std::string|\btorch::load\(`)
	for _, ext := range []string{".c", ".cc", ".cpp", ".h"} {
		walkSources(t, ext, func(name string, source []byte) {
			if found := opens.FindString(string(source)); found != "" && name != "internal/simcuda/library/src/memory.h" {
				t.Errorf("%s opens a file: %s", name, found)
			}
		})
	}
}

// walkSources goes through the files of that extension in the module, tests left out.
func walkSources(t *testing.T, ext string, see func(name string, source []byte)) {
	t.Helper()
	seen := 0
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || slices.Contains([]string{"testdata", "build", "shared"}, base)) {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ext || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err == nil {
			seen++
			see(filepath.ToSlash(name), source)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if ext == ".go" && seen < 100 {
		t.Errorf("only %d files were found", seen)
	}
}
