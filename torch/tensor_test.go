package torch_test

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/collector"
	"github.com/fastlearn-go/fastlearn/torch"
)

func TestScopeOwnsResults(t *testing.T) {
	collector.Off(t)
	before := torch.LiveTensors()
	w := (*torch.Scope)(nil).Ones(2, 2).Keep()
	s := torch.NewScope()
	x := s.Ones(2, 2)
	c := s.Child()
	y := c.Ones(2, 2).Add(x).Mul(w)
	if y.Scope() != c {
		t.Fatal("a result must live in the youngest scope of its operands")
	}
	z := x.MatMul(w).Keep()
	c.Close()
	if err := torch.Try(func() { y.Neg() }); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Fatalf("use after close: %v", err)
	}
	if got := z.Sum().Item(); got != 8 {
		t.Fatalf("kept tensor: sum %v, want 8", got)
	}
	s.Close()
	s.Close()
	z.Close()
	w.Close()
	// z.Sum above had no scoped operand: it was ours to close and is counted.
	if got := torch.LiveTensors() - before; got != 1 {
		t.Fatalf("%d tensors live, want the one unscoped result", got)
	}
}

func TestScopeFreesOnPanic(t *testing.T) {
	collector.Off(t)
	before := torch.LiveTensors()
	err := torch.Try(func() {
		s := torch.NewScope()
		defer s.Close()
		s.Ones(2, 3).MatMul(s.Ones(2, 3))
	})
	var e *torch.Error
	if !errors.As(err, &e) || e.Op != "matmul" || !strings.Contains(err.Error(), "float32[2×3]") {
		t.Fatalf("error %v", err)
	}
	if got := torch.LiveTensors() - before; got != 0 {
		t.Fatalf("%d tensors live after a panic", got)
	}
}

func TestMixingScopesIsAnError(t *testing.T) {
	a, b := torch.NewScope(), torch.NewScope()
	defer a.Close()
	defer b.Close()
	if err := torch.Try(func() { a.Ones().Add(b.Ones()) }); err == nil {
		t.Fatal("mixing two families of scopes must fail")
	}
}

func TestForgottenScopeIsCollected(t *testing.T) {
	before := torch.LiveTensors()
	func() {
		s := torch.NewScope()
		s.Ones(10)
		s.Ones(10).Keep()
	}()
	for range 20 {
		runtime.GC()
		if torch.LiveTensors() == before {
			return
		}
	}
	t.Fatalf("%d tensors live after collection", torch.LiveTensors()-before)
}

func TestEachGoroutineGetsItsOwnError(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 50 {
				n := int64(i + 2)
				err := torch.Try(func() {
					s := torch.NewScope()
					defer s.Close()
					s.Ones(2, n).MatMul(s.Ones(n+1, 2))
				})
				want := "(2x" + itoa(n) + " and " + itoa(n+1) + "x2)"
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("goroutine %d got %v, want %s", i, err, want)
					return
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
}
