package torch

import (
	"fmt"
	"strconv"
	"strings"
)

// Device says where a tensor's elements are. The zero Device is the CPU.
// A Device is also an [Option] of the functions that make tensors.
type Device struct{ ordinal int } // 0 the CPU, n+1 CUDA's device n

// CPU is the host.
var CPU = Device{}

// unplaced is where tensors are made for which no device is chosen: the CPU. "make test-simcuda" has the linker name another
// one, and so runs whole suites on a simulated GPU.
var unplaced = func() Device {
	if unplacedName == "" {
		return CPU
	}
	d, err := ParseDevice(unplacedName)
	if err != nil {
		panic(err)
	}
	return d
}()

var unplacedName string

// CUDA is the CUDA device with that index, from 0. [Device.Check] refuses a negative one.
func CUDA(index int) Device {
	if index < 0 {
		return Device{ordinal: index}
	}
	return Device{ordinal: index + 1}
}

// deviceAt is the CPU at -1, else the CUDA device with that index, as C++ has it.
func deviceAt(index int) Device { return Device{ordinal: index + 1} }

// IsCUDA tells whether d is a CUDA device.
func (d Device) IsCUDA() bool { return d.ordinal > 0 }

// Index is the index of a CUDA device, and -1 for the CPU.
func (d Device) Index() int { return d.ordinal - 1 }

// String returns PyTorch's name: "cpu", "cuda:0".
func (d Device) String() string {
	switch {
	case d.ordinal < 0:
		return "cuda:" + strconv.Itoa(d.ordinal)
	case d.IsCUDA():
		return "cuda:" + strconv.Itoa(d.Index())
	}
	return "cpu"
}

// ParseDevice understands "cpu", "cuda" and "cuda:1".
func ParseDevice(name string) (Device, error) {
	if name == "cpu" {
		return CPU, nil
	}
	if name == "cuda" {
		return CUDA(0), nil
	}
	if index, ok := strings.CutPrefix(name, "cuda:"); ok {
		if i, err := strconv.Atoi(index); err == nil && i >= 0 {
			return CUDA(i), nil
		}
	}
	return CPU, fmt.Errorf("torch: device %q: want cpu, cuda or cuda:N", name)
}

// DefaultDevice is the first CUDA device where there is one that works, else the CPU,
// as fastai's default_device.
func DefaultDevice() Device {
	if CUDADeviceCount() > 0 {
		return CUDA(0)
	}
	return CPU
}

// Check returns an error that says why d can't be used here.
func (d Device) Check() error {
	switch {
	case d.ordinal < 0:
		return fmt.Errorf("torch: device %s: want an index of 0 or more", d)
	case d == CPU || d.Index() < CUDADeviceCount():
		return nil
	}
	if n := CUDADeviceCount(); n > 0 {
		return fmt.Errorf("torch: device %s: there are only %d CUDA devices", d, n)
	}
	return fmt.Errorf("torch: device %s: %s", d, cudaProblem())
}

// c is d for C++.
func (d Device) c(op string) int {
	if err := d.Check(); err != nil {
		fail(op, err.Error())
	}
	return d.Index()
}

func (d Device) set(o options) options {
	o.device = d
	return o
}

// Option chooses how a tensor is made: a [DType] or a [Device].
type Option interface{ set(options) options }

type options struct {
	dtype  DType
	typed  bool // a dtype was chosen
	device Device
}

// with changes what opts say.
func (o options) with(op string, opts []Option) options {
	for _, opt := range opts {
		if opt == nil {
			fail(op, "a nil Option")
		}
		o = opt.set(o)
	}
	return o
}

// MemoryFormat is the order in which a tensor's elements lie in memory.
type MemoryFormat int8

// The memory formats; a tensor's shape is N×C×H×W in each.
const (
	Contiguous   MemoryFormat = 0
	Preserve     MemoryFormat = 1
	ChannelsLast MemoryFormat = 2
)

// c is f for C++.
func (f MemoryFormat) c(op string) int {
	if f < Contiguous || f > ChannelsLast {
		fail(op, fmt.Sprintf("MemoryFormat(%d): want Contiguous, Preserve or ChannelsLast", f))
	}
	return int(f)
}
