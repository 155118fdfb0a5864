package distributed

import (
	"strings"
	"testing"
	"time"

	"github.com/fastlearn-go/fastlearn/torch"
)

// setEnv sets PyTorch's variables, empty for those that aren't named.
func setEnv(t *testing.T, values map[string]string) {
	for _, name := range append([]string{"LOCAL_RANK", "TORCHELASTIC_USE_AGENT_STORE"}, variables...) {
		t.Setenv(name, values[name])
	}
}

func TestEnv(t *testing.T) {
	full := func(change ...string) map[string]string {
		m := map[string]string{"MASTER_ADDR": "host", "MASTER_PORT": "29500", "RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}
		for i := 0; i < len(change); i += 2 {
			m[change[i]] = change[i+1]
		}
		return m
	}
	setEnv(t, full())
	if e, err := readEnv(); err != nil || *e != (env{"host", 29500, 5, 8, 1, false}) {
		t.Errorf("%+v, %v", e, err)
	}
	setEnv(t, full("LOCAL_RANK", "", "TORCHELASTIC_USE_AGENT_STORE", "True"))
	if e, err := readEnv(); err != nil || *e != (env{"host", 29500, 5, 8, 5, true}) {
		t.Errorf("%+v, %v", e, err)
	}
	for _, c := range []struct{ name, value, want string }{
		{"RANK", "8", `RANK is "8": want a number from 0 to 7`},
		{"RANK", "x", `RANK is "x"`},
		{"WORLD_SIZE", "0", `WORLD_SIZE is "0"`},
		{"MASTER_PORT", "70000", `MASTER_PORT is "70000"`},
		{"LOCAL_RANK", "-1", `LOCAL_RANK is "-1"`},
		{"MASTER_ADDR", "", "lacks MASTER_ADDR"},
		{"WORLD_SIZE", "", "lacks WORLD_SIZE"},
	} {
		setEnv(t, full(c.name, c.value))
		if g, err := Init(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%q: %v, %v, want %q", c.name, c.value, g, err, c.want)
		}
	}
}

// A group of one process needs nobody, and a process alone is such a group.
func TestAlone(t *testing.T) {
	for _, values := range []map[string]string{nil, {"MASTER_ADDR": "nowhere.invalid", "MASTER_PORT": "1", "RANK": "0", "WORLD_SIZE": "1"}} {
		setEnv(t, values)
		g, err := Init()
		if err != nil || g.Rank() != 0 || g.WorldSize() != 1 || g.LocalRank() != 0 || g.Timeout() != 30*time.Minute {
			t.Fatalf("%+v, %v", g, err)
		}
		s := torch.NewScope()
		x := torch.FromSlice(s, []float64{3}, 1).RequiresGrad_(true)
		all, err := g.AllGather(x)
		if err != nil || len(all) != 1 || all[0].Item() != 3 {
			t.Errorf("%v, %v", all, err)
		}
		r, err := g.NewReducer([]*torch.Tensor{x})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{g.AllReduce(x, Sum), g.Broadcast(x, 0), g.Barrier(), r.BeforeForward(), r.BeforeBackward(x), g.Close(), g.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
		for _, op := range []ReduceOp{-1, 1, 5, 77} {
			if err := g.AllReduce(x, op); err == nil {
				t.Errorf("ReduceOp(%d) is taken", int(op))
			}
		}
		r.Close()
		s.Close()
	}
}

// Without a GPU NCCL is refused, also where the process is alone; so is what isn't a backend.
func TestBackends(t *testing.T) {
	setEnv(t, nil)
	if _, err := Init(Backend("mpi")); err == nil || !strings.Contains(err.Error(), `"mpi": want gloo or nccl`) {
		t.Errorf("%v", err)
	}
	g, err := Init(Backend("gloo"))
	if err != nil {
		t.Fatal(err)
	}
	g.Close()
	if torch.CUDADeviceCount() > 0 {
		t.Skip("there is a GPU")
	}
	if _, err := Init(Backend("nccl")); err == nil || !strings.Contains(err.Error(), "gloo needs no GPU") {
		t.Errorf("%v", err)
	}
}

// Nobody comes: the error says so after the time-out, and where.
func TestNobodyComes(t *testing.T) {
	setEnv(t, map[string]string{"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1", "RANK": "1", "WORLD_SIZE": "2"})
	if _, err := Init(Timeout(2 * time.Second)); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	if _, err := Init(Timeout(0)); err == nil {
		t.Error("no time-out at all isn't an error")
	}
}
