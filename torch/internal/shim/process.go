package shim

// #include <stdlib.h>
// #include "shim.h"
import "C"

import "unsafe"

// ManualSeed seeds the generators of every device.
func ManualSeed(seed uint64) error { return check(C.fl_manual_seed(C.uint64_t(seed))) }

// NormalSeeded fills t from a normal distribution by a generator that starts from seed.
func NormalSeeded(t Handle, mean, std float64, seed uint64) error {
	return check(C.fl_normal_seeded(t, C.double(mean), C.double(std), C.uint64_t(seed)))
}

// RNGState returns a generator's state as a tensor of bytes.
func RNGState(cuda int) (out Handle, err error) {
	err = check(C.fl_rng_state(&out, C.int(cuda)))
	return out, err
}

// SetRNGState puts back what RNGState returned.
func SetRNGState(state Handle, cuda int) error {
	return check(C.fl_set_rng_state(state, C.int(cuda)))
}

// NumThreads is the number of threads an operation of the calling thread uses.
func NumThreads() int { return int(C.fl_num_threads()) }

// SetNumThreads sets it for the calling thread and those started after.
func SetNumThreads(n int) error { return check(C.fl_set_num_threads(C.int(n))) }

// LoadCUDA loads libtorch's CUDA library where there is a driver.
func LoadCUDA() (driver, loaded bool, err error) {
	var d, l C.int
	err = check(C.fl_load_cuda(&d, &l))
	return d != 0, l != 0, err
}

// CUDADeviceCount is 0 where CUDA can't be used.
func CUDADeviceCount() int { return int(C.fl_cuda_device_count()) }

// CUDADeviceName asks the driver, and says what is wrong with it.
func CUDADeviceName(i int) (string, error) {
	var name *C.char
	err := check(C.fl_cuda_device_name(C.int(i), &name))
	return take(name), err
}

// CUDASynchronize waits for the current device.
func CUDASynchronize() error { return check(C.fl_cuda_synchronize()) }

// CUDAMemory is what lives on a device and what libtorch holds there, in bytes.
func CUDAMemory(cuda int) (allocated, reserved int64, err error) {
	err = check(C.fl_cuda_memory(C.int(cuda), (*C.int64_t)(&allocated), (*C.int64_t)(&reserved)))
	return allocated, reserved, err
}

// Versions tells libtorch's version, the CPU's capability and the library's directory.
func Versions() (torch, cpu, dir string, err error) {
	var t, c, d *C.char
	err = check(C.fl_versions(&t, &c, &d))
	return take(t), take(c), take(d), err
}

// TakeString copies a C string of malloc'ed memory and frees it.
func TakeString(s unsafe.Pointer) string { return take((*C.char)(s)) }

func take(s *C.char) string {
	if s == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(s))
	return C.GoString(s)
}
