package torch_test

import (
	"testing"

	"github.com/fastlearn-go/fastlearn/torch"
)

func recording(s *torch.Scope) bool {
	return s.Ones(1).RequiresGrad_(true).MulScalar(2).RequiresGrad()
}

// Grad mode is restored after a panic, nested, and on a goroutine that is not the
// training loop's.
func TestGradModeIsRestored(t *testing.T) {
	check := func(where string) {
		s := torch.NewScope()
		defer s.Close()
		torch.NoGrad(func() {
			torch.EnableGrad(func() {
				if !recording(s) {
					t.Errorf("%s: EnableGrad inside NoGrad records nothing", where)
				}
			})
			if recording(s) {
				t.Errorf("%s: NoGrad records after an inner EnableGrad", where)
			}
		})
		_ = torch.Try(func() {
			torch.NoGrad(func() { s.Ones(2).MatMul(s.Ones(3)) })
		})
		if !recording(s) {
			t.Errorf("%s: NoGrad was not undone after a panic", where)
		}
	}
	check("test")
	done := make(chan struct{})
	go torch.NoGrad(func() {
		other := make(chan struct{})
		go func() { check("another goroutine, while one is in NoGrad"); close(other) }()
		<-other
		close(done)
	})
	<-done
}

func TestAutocastIsRestored(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := s.Ones(2, 2)
	product := func() torch.DType { return x.MatMul(x).DType() }
	torch.Autocast(x.Device(), torch.BFloat16, func() {
		if got := product(); got != torch.BFloat16 {
			t.Errorf("in autocast: %v", got)
		}
		torch.Autocast(x.Device(), torch.Float32, func() {
			if got := product(); got != torch.Float32 {
				t.Errorf("in a nested autocast that is off: %v", got)
			}
		})
		_ = torch.Try(func() {
			torch.Autocast(x.Device(), torch.Float16, func() { x.MatMul(s.Ones(3, 3)) })
		})
		if got := product(); got != torch.BFloat16 {
			t.Errorf("after a panic in a nested autocast: %v", got)
		}
	})
	if got := product(); got != torch.Float32 {
		t.Errorf("after autocast: %v", got)
	}
}

func TestRNGStateIsRestored(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	device := s.Empty().Device()
	torch.ManualSeed(1)
	state := torch.RNGState(device)
	defer state.Close()
	a := s.Rand(5)
	torch.SetRNGState(device, state)
	if !a.Equal(s.Rand(5)) {
		t.Error("the same state must give the same draws")
	}
}

func TestChannelsLast(t *testing.T) {
	s := torch.NewScope()
	defer s.Close()
	x := s.Randn(2, 3, 4, 5)
	y := x.ToFormat(torch.ChannelsLast)
	if !y.IsContiguous(torch.ChannelsLast) || y.IsContiguous(torch.Contiguous) || !x.Equal(y) {
		t.Errorf("channels last: strides %v", y.Strides())
	}
}

func TestCUDAWhereThereIsNone(t *testing.T) {
	if torch.CUDADeviceCount() > 0 {
		t.Skip("there is a GPU")
	}
	if err := torch.CUDA(0).Check(); err == nil {
		t.Error("cuda:0 must be refused")
	}
	if _, _, err := torch.CUDAMemory(torch.CUDA(0)); err == nil || err.Error() != torch.CUDA(0).Check().Error() {
		t.Errorf("the memory of a GPU that isn't there: %v", err)
	}
	if _, _, err := torch.CUDAMemory(torch.CPU); err == nil {
		t.Error("the CPU has no memory of CUDA's")
	}
	s := torch.NewScope()
	defer s.Close()
	if err := torch.Try(func() { s.Ones().To(torch.CUDA(0)) }); err == nil {
		t.Error("moving to cuda:0 must fail")
	}
	if info := torch.Info(); info.Version != "2.11.0" || info.CUDAProblem == "" {
		t.Errorf("info %+v", info)
	}
}
