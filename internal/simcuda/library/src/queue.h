// Copies that nobody waits for happen late: at the device's next kernel, or when somebody waits for the device. So what is
// written too early into a page-locked buffer, or read too early from it, shows.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>

#include "allocator.h"

namespace simcuda {

class Queue {
  struct Copy {
    void *to;
    const void *from;
    size_t n;
  };

 public:
  void add(void *to, const void *from, size_t n) {
    std::lock_guard<std::mutex> lock(mutex_);
    late_.push_back({to, from, n});
    added_++;
  }

  void run() {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto &c : late_) std::memcpy(c.to, c.from, c.n);
    late_.clear();
    for (void *p : unlocked_) std::free(p);
    unlocked_.clear();
    done_ = added_.load();
  }

  // Keeps a freed page-locked buffer for the copies that still need it, as CUDA's host allocator does.
  bool keeps(char *p, size_t n) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto within = [&](const void *q) { return q >= p && q < p + n; };
    for (auto &c : late_) {
      if (!within(c.from) && !within(c.to)) continue;
      unlocked_.push_back(p);
      return true;
    }
    return false;
  }

  int64_t added() const { return added_; }
  bool done(int64_t n) const { return done_ >= n; }

 private:
  std::mutex mutex_;
  std::vector<Copy> late_;
  std::vector<void *> unlocked_;
  std::atomic<int64_t> added_{0}, done_{0};
};

inline std::vector<Queue> queues(devices);

// Page-locked memory of the host.
class PinnedAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t n) override {
    if (n == 0) return {nullptr, nullptr, [](void *) {}, c10::kCPU};
    void *p = std::aligned_alloc(64, (n + 63) / 64 * 64);
    std::lock_guard<std::mutex> lock(mutex_);
    blocks_[static_cast<char *>(p)] = n;
    return {p, p, [](void *q) { instance().release(static_cast<char *>(q)); }, c10::kCPU};
  }
  static PinnedAllocator &instance() {
    static auto *it = new PinnedAllocator;
    return *it;
  }
  bool holds(const void *p) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto after = blocks_.upper_bound(const_cast<char *>(static_cast<const char *>(p)));
    return after != blocks_.begin() && p < std::prev(after)->first + std::prev(after)->second;
  }
  void copy_data(void *to, const void *from, size_t n) const override { std::memcpy(to, from, n); }

 private:
  void release(char *p) {
    size_t n;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      n = blocks_.at(p);
      blocks_.erase(p);
    }
    for (auto &q : queues)
      if (q.keeps(p, n)) return;
    std::free(p);
  }
  std::mutex mutex_;
  std::map<char *, size_t> blocks_;
};

}  // namespace simcuda
