package trim_test

import (
	"bufio"
	"os"
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
