package distributed

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// ProcessGroup is all the processes of a run, this one among them.
type ProcessGroup struct {
	rank, size, localRank int
	timeout               time.Duration
	c                     shim.Group // nil where the group is this process alone, or closed
	closed                bool
}

// groups counts the groups of this process: all processes make theirs in the same order.
var groups atomic.Int32

// Option changes a default of [Init].
type Option func(*config)

type config struct {
	timeout time.Duration
	backend string
}

// Timeout sets how long a call waits for the other processes, [Init] included (default half an
// hour, as in PyTorch).
func Timeout(d time.Duration) Option { return func(c *config) { c.timeout = d } }

// Backend sets what carries tensors: "gloo", the default, carries tensors of any device, those on GPUs by way of
// the host's memory, or "nccl": tensors on GPUs go from GPU to GPU then, one of its own for each process, and
// those on the CPU through gloo still (PyTorch's "cpu:gloo,cuda:nccl").
func Backend(name string) Option { return func(c *config) { c.backend = name } }

// Init meets the other processes, as the environment says it (init_process_group with env://).
// It returns when all are there. Where the environment says nothing of other
// processes the group is this one alone, so that a program runs without a launcher too.
func Init(opts ...Option) (*ProcessGroup, error) {
	c := config{timeout: 30 * time.Minute, backend: "gloo"}
	if err := guard.Options("distributed: Init", opts, func(o Option) { o(&c) }); err != nil {
		return nil, err
	}
	if c.timeout < time.Millisecond {
		return nil, fmt.Errorf("distributed: a time-out of %v: want a millisecond or more", c.timeout)
	}
	if c.backend != "gloo" && c.backend != "nccl" {
		return nil, fmt.Errorf("distributed: the backend %q: want gloo or nccl", c.backend)
	}
	if gpu := torch.CUDA(0); c.backend == "nccl" && torch.CUDADeviceCount() == 0 {
		return nil, fmt.Errorf("distributed: the backend nccl: %w: gloo needs no GPU", gpu.Check())
	}
	e, err := readEnv()
	if err != nil {
		return nil, err
	}
	if e == nil {
		return &ProcessGroup{size: 1, timeout: c.timeout}, nil
	}
	g := &ProcessGroup{rank: e.rank, size: e.size, localRank: e.localRank, timeout: c.timeout}
	if e.size == 1 {
		return g, nil
	}
	// torchrun's store outlives the group, and the processes that it starts again.
	name := fmt.Sprintf("fastlearn/%s/%d", os.Getenv("TORCHELASTIC_RESTART_COUNT"), groups.Add(1))
	g.c, err = shim.NewGroup(e.addr, e.port, !e.agentStore, e.rank, e.size, c.timeout, name, os.Getenv("GLOO_SOCKET_IFNAME"), c.backend == "nccl")
	if err != nil {
		return nil, fmt.Errorf("distributed: the process of rank %d can't meet the %d others at %s:%d: %s", e.rank, e.size-1, e.addr, e.port, plain(err))
	}
	return g, nil
}

// Rank is the place of this process among all, 0 for the one that writes (get_rank).
func (g *ProcessGroup) Rank() int { return g.orEmpty().rank }

// WorldSize is the number of processes (get_world_size).
func (g *ProcessGroup) WorldSize() int { return g.orEmpty().size }

// LocalRank is the place of this process among those of its machine, and so the number of its GPU.
func (g *ProcessGroup) LocalRank() int { return g.orEmpty().localRank }

// Timeout is how long a call waits for the others.
func (g *ProcessGroup) Timeout() time.Duration { return g.orEmpty().timeout }

// Close ends the connections (destroy_process_group). The others' calls that wait for this process
// fail then. It may be called again, on nil too.
func (g *ProcessGroup) Close() error {
	if g == nil || g.closed {
		return nil
	}
	g.closed = true
	if g.c != nil {
		shim.GroupFree(g.c)
		g.c = nil
	}
	return nil
}

// ReduceOp says how [ProcessGroup.AllReduce] combines.
type ReduceOp int

// c10d's numbers.
const (
	Sum     ReduceOp = 0
	Product ReduceOp = 2
	Min     ReduceOp = 3
	Max     ReduceOp = 4
)

// AllReduce combines t, of one shape and dtype everywhere, element by element with the others' in
// place (all_reduce). All get the same bits.
func (g *ProcessGroup) AllReduce(t *torch.Tensor, op ReduceOp) error {
	switch op {
	case Sum, Product, Min, Max:
	default:
		return fmt.Errorf("distributed: all_reduce: ReduceOp(%d): want Sum, Product, Min or Max", int(op))
	}
	return g.collective("all_reduce", func() error { return shim.AllReduce(g.c, t.Handle(), int(op)) }, t)
}

// Broadcast gives t, of one shape and dtype everywhere, the values that it has in the process of
// rank src (broadcast).
func (g *ProcessGroup) Broadcast(t *torch.Tensor, src int) error {
	return g.BroadcastCoalesced([]*torch.Tensor{t}, src)
}

// BroadcastCoalesced is [ProcessGroup.Broadcast] for many tensors, in few messages
// (torch.distributed._broadcast_coalesced).
func (g *ProcessGroup) BroadcastCoalesced(ts []*torch.Tensor, src int) error {
	if err := g.check("broadcast"); err != nil {
		return err
	}
	if src < 0 || src >= g.size {
		return fmt.Errorf("distributed: broadcast from rank %d: want 0 to %d", src, g.size-1)
	}
	if len(ts) == 0 {
		return nil
	}
	return g.collective("broadcast", func() error {
		if len(ts) == 1 {
			return shim.Broadcast(g.c, ts[0].Handle(), src)
		}
		return shim.BroadcastCoalesced(g.c, handles(ts), src)
	}, ts...)
}

// AllGather returns every process's t by rank, copies that live in t's scope or are the
// caller's to close (all_gather). Shape and dtype must be the same everywhere.
func (g *ProcessGroup) AllGather(t *torch.Tensor) (all []*torch.Tensor, err error) {
	if err := g.check("all_gather"); err != nil {
		return nil, err
	}
	if g.size == 1 {
		err = torch.Try(func() { all = []*torch.Tensor{t.Clone()} })
		return all, err
	}
	err = g.collective("all_gather", func() error {
		copies, err := shim.AllGather(g.c, t.Handle(), g.size)
		if err != nil {
			return err
		}
		for _, h := range copies {
			all = append(all, torch.FromHandle(h).MoveTo(t.Scope()))
		}
		return nil
	}, t)
	return all, err
}

// Barrier waits until every process has come to it (barrier).
func (g *ProcessGroup) Barrier() error {
	return g.collective("barrier", func() error { return shim.Barrier(g.c) })
}

// Rank0First runs f in the process of rank 0, and then in the others: for what the first of
// them downloads and the others find (fastai's rank0_first). The others run theirs even where
// rank 0's fails.
func (g *ProcessGroup) Rank0First(f func() error) error {
	if err := g.check("Rank0First"); err != nil {
		return err
	}
	if f == nil {
		return errors.New("distributed: Rank0First: the function is nil")
	}
	first := f
	f = func() error { return guard.Call("Rank0First", first, first) }
	if g.rank == 0 {
		return errors.Join(f(), g.Barrier())
	}
	if err := g.Barrier(); err != nil {
		return err
	}
	return f()
}

// orEmpty is g, or an empty group for nil: its rank, size and time-out are 0.
func (g *ProcessGroup) orEmpty() *ProcessGroup {
	if g == nil {
		return &ProcessGroup{}
	}
	return g
}

// check refuses a group that is nil, closed or not made by [Init].
func (g *ProcessGroup) check(name string) error {
	switch {
	case g == nil || g.size == 0:
		return fmt.Errorf("distributed: %s: the group is nil or empty: make it by Init", name)
	case g.closed:
		return fmt.Errorf("distributed: %s: the group is closed", name)
	}
	return nil
}

// collective runs a call that all processes make; alone there is nothing to do.
func (g *ProcessGroup) collective(name string, call func() error, operands ...*torch.Tensor) error {
	if err := g.check(name); err != nil {
		return err
	}
	if slices.Contains(operands, nil) {
		return fmt.Errorf("distributed: %s: a tensor is nil", name)
	}
	if g.size == 1 {
		return nil
	}
	var failed error
	if err := torch.Try(func() { failed = call() }); err != nil { // a tensor that is closed
		return fmt.Errorf("distributed: %s: %w", name, err)
	}
	runtime.KeepAlive(operands)
	return g.Explain(name, failed)
}

func handles(ts []*torch.Tensor) []shim.Handle {
	hs := make([]shim.Handle, len(ts))
	for i, t := range ts {
		hs[i] = t.Handle()
	}
	return hs
}
