// The memory of the devices: one file that is mapped twice. Tensors hold addresses of the first mapping, which nobody may
// touch, so code of the host that does crashes. Kernels work on the second one.
#pragma once
#include <c10/core/Device.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "control.h"

namespace simcuda {

class Memory {
 public:
  static constexpr size_t span = size_t(1) << 38;  // addresses of one device; pages exist once they are written

  Memory() {
    const size_t all = span * std::max(devices, 1);  // a mapping of nothing is refused
    int file = memfd_create("simcuda", 0);
    TORCH_CHECK(file >= 0 && ftruncate(file, static_cast<off_t>(all)) == 0, "simcuda: no memory for the devices");
    device_ = map(PROT_NONE, file, all);
    kernel_ = map(PROT_READ | PROT_WRITE, file, all);
    close(file);
  }

  char *base(int device) const { return device_ + span * device; }
  bool holds(const void *p) const { return p >= device_ && p < device_ + span * devices; }
  int device_of(const void *p) const { return static_cast<int>((static_cast<const char *>(p) - device_) / span); }

  // Where kernels find what a tensor holds at p.
  void *for_kernel(const void *p) const { return p ? kernel_ + (static_cast<const char *>(p) - device_) : nullptr; }

  void give_back(void *p, size_t n) const { madvise(for_kernel(p), n, MADV_REMOVE); }

 private:
  static char *map(int access, int file, size_t n) {
    void *p = mmap(nullptr, n, access, MAP_SHARED | MAP_NORESERVE, file, 0);
    TORCH_CHECK(p != MAP_FAILED, "simcuda: no addresses for the devices");
    return static_cast<char *>(p);
  }
  char *device_, *kernel_;
};

inline Memory memory;
inline thread_local c10::DeviceIndex current_device = 0;

}  // namespace simcuda
