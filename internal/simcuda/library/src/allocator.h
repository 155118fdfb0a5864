// The caching allocator of each device: blocks of freed tensors are kept for the next ones, as libtorch's does, up to a limit.
#pragma once
#include <c10/core/CachingDeviceAllocator.h>

#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

#include "memory.h"

namespace simcuda {

class DeviceAllocator final : public c10::DeviceAllocator {
  using Stats = c10::CachingDeviceAllocator::DeviceStats;
  struct Block {
    size_t size, taken;  // all of it, and what its tensor takes
  };
  struct Device {
    std::multimap<size_t, void *> free;
    std::unordered_map<void *, Block> used;
    size_t next = 0;
    size_t limit = static_cast<size_t>(setting("SIMCUDA_MEMORY", int64_t(16) << 30));
    Stats stats;
  };

 public:
  c10::DataPtr allocate(size_t n) override { return allocate_on(n, current_device); }

  // Uninitialised memory is all ones: not a number, if floats are read from it.
  c10::DataPtr allocate_on(size_t n, c10::DeviceIndex device) {
    c10::Device where(c10::kCUDA, device);
    if (n == 0) return {nullptr, nullptr, [](void *) {}, where};
    void *p = take(devices_.at(device), n, device);
    std::memset(memory.for_kernel(p), 0xff, n);
    return {p, p, [](void *q) { instance().release(q); }, where};
  }

  static DeviceAllocator &instance() {
    static auto *it = new DeviceAllocator;  // tensors may outlive everything
    return *it;
  }

  void limit(int device, size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    devices_.at(device).limit = bytes;
  }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t = {0, 0}) override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto &d : devices_) empty(d);
  }
  void recordStream(const c10::DataPtr &, c10::Stream) override {}
  Stats getDeviceStats(c10::DeviceIndex device) override {
    std::lock_guard<std::mutex> lock(mutex_);
    return devices_.at(device).stats;
  }
  void resetAccumulatedStats(c10::DeviceIndex device) override {}
  void resetPeakStats(c10::DeviceIndex device) override { devices_.at(device).stats.allocated_bytes[0].reset_peak(); }
  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex device) override {
    std::lock_guard<std::mutex> lock(mutex_);
    auto &d = devices_.at(device);
    return {d.limit - reserved(d), d.limit};
  }
  void copy_data(void *to, const void *from, size_t n) const override {
    std::memcpy(memory.for_kernel(to), memory.for_kernel(from), n);
  }

 private:
  static size_t rounded(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }
  static size_t reserved(const Device &d) { return static_cast<size_t>(d.stats.reserved_bytes[0].current); }

  void *take(Device &d, size_t n, int device) {
    std::lock_guard<std::mutex> lock(mutex_);
    counts.allocations++;
    const size_t taken = rounded(n, 512), size = taken > (1 << 20) ? rounded(taken, 2 << 20) : taken;
    if (until_allocation_fails.due()) fail(d, n, device);
    auto block = d.free.lower_bound(taken);
    if (block != d.free.end() && block->first <= 2 * size) {
      void *p = block->second;
      d.used[p] = {block->first, taken};
      d.free.erase(block);
      d.stats.allocated_bytes[0].increase(taken);
      return p;
    }
    if (reserved(d) + size > d.limit) empty(d);
    if (reserved(d) + size > d.limit) fail(d, n, device);
    TORCH_CHECK(d.next + size <= Memory::span, "simcuda: the addresses of a device are used up");
    void *p = memory.base(device) + d.next;
    d.next += size;
    d.used[p] = {size, taken};
    d.stats.reserved_bytes[0].increase(size);
    d.stats.allocated_bytes[0].increase(taken);
    return p;
  }

  void release(void *p) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto &d = devices_[memory.device_of(p)];
    auto block = d.used.find(p);
    d.stats.allocated_bytes[0].decrease(block->second.taken);
    d.free.emplace(block->second.size, p);
    d.used.erase(block);
  }

  void empty(Device &d) {
    for (auto &[size, p] : d.free) {
      memory.give_back(p, size);
      d.stats.reserved_bytes[0].decrease(size);
    }
    d.free.clear();
  }

  [[noreturn]] void fail(Device &d, size_t n, int device) {
    auto in_words = [](double bytes) {
      const char *units[] = {"bytes", "KiB", "MiB", "GiB"};
      int unit = 0;
      for (; unit < 3 && bytes > 1024; unit++) bytes /= 1024;
      char text[64];
      std::snprintf(text, sizeof text, unit ? "%.2f %s" : "%.0f %s", bytes, units[unit]);
      return std::string(text);
    };
    d.stats.num_ooms++;
    const double live = static_cast<double>(d.stats.allocated_bytes[0].current), held = static_cast<double>(reserved(d));
    TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", in_words(n), ". GPU ", device, " has a total capacity of ",
                     in_words(d.limit), " of which ", in_words(d.limit - held), " is free. Of the allocated memory ", in_words(live),
                     " is allocated by PyTorch, and ", in_words(held - live), " is reserved by PyTorch but unallocated.");
    throw;
  }

  std::mutex mutex_;
  std::vector<Device> devices_ = std::vector<Device>(devices);
};

}  // namespace simcuda
