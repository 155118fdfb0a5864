//go:build unix

package pth

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// killVariable makes the test binary a process that writes one file over and over, until it is killed.
const killVariable = "FASTLEARN_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(killVariable); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

func writeForEver(path string) {
	for i := byte(0); ; i++ {
		value := dict("number", int64(i), "w", NewTensor(Uint8, []int64{1 << 20}, bytes.Repeat([]byte{i}, 1<<20)))
		var opts []WriteOption
		if i%2 == 1 {
			opts = append(opts, NoSync())
		}
		if err := WriteFile(path, value, opts...); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		if i == 0 {
			println("writing")
		}
	}
}

// A process that writes a file is killed 200 times, at random moments. The file is always whole, and beside it
// there is at most the one temporary file, which the next writer takes over.
func TestKilledWriterLeavesTheOldFileOrTheNewOne(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.pth")
	left, versions := 0, map[int64]bool{}
	rng := rand.New(rand.NewPCG(1, 2))
	kills := 0
	for ; kills < 200 || left < 20 || len(versions) < 3; kills++ { // until enough of them hit a writer at work
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killVariable+"="+path)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stderr).ReadString('\n'); line != "writing\n" {
			cmd.Process.Kill()
			t.Fatalf("the writer says %q: %v", line, err)
		}
		time.Sleep(time.Duration(rng.IntN(20_000)) * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()

		f, err := Open(path)
		if err != nil {
			t.Fatalf("after a kill, the file is not whole: %v", err)
		}
		number, _ := Get[int64](f.Value().(*Dict), "number")
		w, _ := Get[*Tensor](f.Value().(*Dict), "w")
		if w == nil || len(w.Storage.Data) != 1<<20 || bytes.Count(w.Storage.Data, []byte{byte(number)}) != 1<<20 {
			t.Fatalf("after a kill, file %d holds something else", number)
		}
		versions[number] = true
		f.Close()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() == ".w.pth.tmp" {
				left++
			} else if e.Name() != "w.pth" {
				t.Fatalf("after a kill, the directory holds %s", e.Name())
			}
		}
	}
	t.Logf("%d of %d kills left a temporary file behind; %d versions were seen", left, kills, len(versions))
	if err := WriteFile(path, int64(1)); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("after the next write, the directory holds %v", entries)
	}
}
