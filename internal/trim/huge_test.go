package trim_test

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/internal/trim"
	"github.com/fastlearn-go/fastlearn/torch"
)

// onHugePages returns how many bytes of the process lie on huge pages.
func onHugePages(t *testing.T) (n int64) {
	f, err := os.Open("/proc/self/smaps_rollup")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if all := strings.Fields(lines.Text()); len(all) == 3 && all[0] == "AnonHugePages:" {
			if n, err = strconv.ParseInt(all[1], 10, 64); err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Skip("this system tells nothing of huge pages")
	return 0
}

// What is in use goes to huge pages; between it, what is free isn't filled.
func TestHuge(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	s.Ones(6 << 20).Close() // from here on glibc keeps tensors of less than these 24 MB in its heap
	for range 64 {
		s.Ones(1 << 18) // of 1 MB
	}
	var gone []*torch.Tensor
	for range 64 {
		gone = append(gone, s.Ones(1<<18))
		s.Ones(1 << 12)
	}
	for _, x := range gone {
		x.Close()
	}
	trim.Heap()
	resident := parity.NativeResident(t)
	trim.Huge()
	huge := onHugePages(t)
	if huge == 0 {
		t.Skip("this system gives no huge pages")
	}
	if huge < 48<<20 {
		t.Errorf("%d MB lie on huge pages, and 64 MB are in use", huge>>20)
	}
	if grew := parity.NativeResident(t) - resident; grew > 16<<20 {
		t.Errorf("%d MB of free memory were filled", grew>>20)
	}
}

// Go's heap stays as it is, however large.
func TestHugeLeavesGoAlone(t *testing.T) {
	trim.Huge() // what C has
	all := make([][]byte, 64)
	for i := range all {
		all[i] = make([]byte, 1<<20)
		for at := 0; at < len(all[i]); at += 4096 {
			all[i][at] = 1
		}
	}
	before := onHugePages(t)
	trim.Huge()
	if grew := onHugePages(t) - before; grew > 8<<20 {
		t.Errorf("%d of Go's 64 MB went to huge pages", grew>>20)
	}
	runtime.KeepAlive(all)
}
