package torch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// fuzzCase is a call with nonsense, as Python can repeat it: a tensor is {"pool": its number}.
type fuzzCase struct {
	At     int            `json:"at"` // among all names
	Op     string         `json:"op"`
	Args   []any          `json:"args"`
	Kwargs map[string]any `json:"kwargs"`
}

// Whatever an operation is called with, the process lives and gets an error, or Python's process ends as well. A child
// process makes the calls, writes each down before it makes it, and is started again after a call that ended it.
func TestOperatorsWithNonsense(t *testing.T) {
	interpreter := parity.Interpreter(t)
	rounds := "1"
	if n := os.Getenv("FASTLEARN_FUZZ_ROUNDS"); n != "" {
		rounds = n
	}
	var deaths [][]byte // cases
	calls, next := 0, 0
	for {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestOperatorFuzzChild$")
		cmd.Env = append(os.Environ(), fmt.Sprint("FASTLEARN_FUZZ_FROM=", next), "FASTLEARN_FUZZ_CHILD="+rounds, "OMP_NUM_THREADS=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var last []byte
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		done := false
		for lines.Scan() {
			if line := lines.Bytes(); bytes.HasPrefix(line, []byte("{")) {
				last = bytes.Clone(line)
				calls++
			} else if string(line) == "all calls made" {
				done = true
			}
		}
		err = cmd.Wait()
		if done && err == nil {
			break
		}
		var c fuzzCase
		if json.Unmarshal(last, &c) != nil || c.At < next {
			t.Fatalf("the child ended without a call: %v", err)
		}
		deaths, next = append(deaths, last), c.At+1
	}
	if calls < 1000 {
		t.Errorf("only %d calls were made", calls)
	}
	t.Logf("%d calls, %d ended the process", calls, len(deaths))
	for _, in := range deaths {
		python := exec.Command(interpreter, parity.Root()+"/internal/parity/python/op_nonsense.py")
		python.Stdin = bytes.NewReader(in)
		python.Env = append(os.Environ(), "LD_LIBRARY_PATH=")
		if out, err := python.CombinedOutput(); err == nil || !python.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
			t.Errorf("%s ends the process, but not Python's: %s", in, out)
		}
	}
}

// A child has so much address space, in bytes: what asks for more gets an error.
const fuzzMemory = 8 << 30

func TestOperatorFuzzChild(t *testing.T) {
	rounds := 0
	if _, err := fmt.Sscan(os.Getenv("FASTLEARN_FUZZ_CHILD"), &rounds); err != nil {
		t.Skip("it is the child of TestOperatorsWithNonsense")
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: fuzzMemory, Max: fuzzMemory}); err != nil {
		t.Fatal(err)
	}
	names, err := shim.OpNames("")
	if err != nil {
		t.Fatal(err)
	}
	from, err := strconv.Atoi(os.Getenv("FASTLEARN_FUZZ_FROM"))
	if err != nil {
		t.Fatal(err)
	}
	live := LiveTensors()
	for i, name := range names {
		if i < from || notFuzzed(name) {
			continue
		}
		op, err := Op(name)
		if err != nil {
			t.Fatal(err)
		}
		s := op.overloads[0]
		rng := rand.New(rand.NewPCG(1, uint64(len(name))))
		for range rounds {
			fuzzOnce(i, op, s, rng)
		}
	}
	if n := LiveTensors() - live; n != 0 {
		t.Errorf("%d tensors are left", n)
	}
	fmt.Println("all calls made")
}

// notFuzzed leaves out what waits for another process, or whose work is elsewhere: files, terminals, processes.
func notFuzzed(name string) bool {
	for _, prefix := range append([]string{"aten::_sync"}, outside...) {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func fuzzOnce(at int, op *Operator, s *schema, rng *rand.Rand) {
	scope := NewScope()
	defer scope.Close()
	pool := fuzzPool(scope)
	c := fuzzCase{At: at, Op: s.name, Args: []any{}, Kwargs: map[string]any{}}
	args, kwargs, tensors := []any{scope}, Kwargs{}, false
	for i := range s.args {
		a := &s.args[i]
		if a.hasDefault && rng.IntN(2) == 0 {
			if a.keyword {
				continue
			}
			break // those after it are left out, too
		}
		v, written, ok := fuzzValue(a, pool, rng)
		if !ok {
			return
		}
		tensors = tensors || a.kind == tensorKind
		if a.keyword {
			kwargs[a.name], c.Kwargs[a.name] = v, written
		} else {
			args, c.Args = append(args, v), append(c.Args, written)
		}
	}
	if !tensors {
		return
	}
	line, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
	op.Call(append(args, kwargs)...)
}

// fuzzPool makes the tensors of op_nonsense.py.
func fuzzPool(s *Scope) []*Tensor {
	return []*Tensor{
		s.Ones(2, 3), s.Ones(2, 3, 4, 4), s.With(Int64).Ones(3), s.Ones(), s.Ones(0, 3),
		s.With(Bool).Ones(2, 3), s.With(Float64).Ones(4, 4), s.With(BFloat16).Ones(3, 2), s.With(Uint8).Ones(2, 4).Transpose(0, 1),
		s.With(Int64).Full(-7, 3), s.Full(math.NaN(), 2, 3), s.Ones(1, 2, 3, 4, 5),
	}
}

var fuzzInts = []int64{0, 1, 2, 3, -1, -2, 7, 100, math.MaxInt64, math.MinInt64}

// fuzzValue draws an argument, and how it is written for Python.
func fuzzValue(a *argument, pool []*Tensor, rng *rand.Rand) (v, written any, ok bool) {
	if a.optional && rng.IntN(3) == 0 {
		return nil, nil, true
	}
	if a.list {
		elem := *a
		elem.list, elem.optional = false, false
		n := rng.IntN(4)
		ts, all := make([]*Tensor, n), make([]any, n)
		ints, floats, bools, texts := make([]int64, n), make([]float64, n), make([]bool, n), make([]string, n)
		for i := range n {
			e, w, ok := fuzzValue(&elem, pool, rng)
			if !ok {
				return nil, nil, false
			}
			all[i] = w
			switch e := e.(type) {
			case *Tensor:
				ts[i] = e
			case int64:
				ints[i] = e
			case float64:
				floats[i] = e
			case bool:
				bools[i] = e
			case string:
				texts[i] = e
			}
		}
		return map[argKind]any{tensorKind: ts, intKind: ints, floatKind: floats, scalarKind: floats, boolKind: bools, stringKind: texts}[a.kind], all, true
	}
	switch a.kind {
	case tensorKind:
		i := rng.IntN(len(pool))
		return pool[i], map[string]int{"pool": i}, true
	case intKind:
		n := fuzzInts[rng.IntN(len(fuzzInts))]
		return n, n, a.typ != "Layout" && a.typ != "Layout?"
	case floatKind, scalarKind:
		f := []float64{0, 1, -1, 0.5, 1e300, -3}[rng.IntN(6)]
		return f, f, true
	case boolKind:
		b := rng.IntN(2) == 0
		return b, b, true
	case stringKind:
		text := []string{"", "none", "mean", "linear", "ij,jk->ik", "\xff"}[rng.IntN(5)]
		return text, text, true
	case dtypeKind:
		d := []DType{Float32, Int64, Bool, BFloat16, Complex64}[rng.IntN(5)]
		return d, map[string]string{"dtype": d.String()}, true
	case deviceKind:
		return CPU, map[string]string{"device": "cpu"}, true
	}
	return nil, nil, false
}
