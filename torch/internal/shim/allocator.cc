// Huge pages for the largest tensors. glibc maps what has 32 MB or more anew each time,
// and touching that memory for the first time, 4 KB at a time, costs more than most
// operations on it: a batch of pictures becomes float in 13 ms, with huge pages in 5.
// libtorch can ask for them itself (THP_MEM_ALLOC_ENABLE), but from 2 MB on, where memory
// is used again and aligning it leaves holes: peak memory rises.
#include "environment.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#ifdef __linux__
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include <malloc.h>

#include <cstdlib>
#include <deque>
#include <mutex>

namespace {

constexpr size_t kLarge = size_t(32) << 20, kHugePage = size_t(2) << 20, kMostKept = size_t(192) << 20;

// Kept are freed blocks, the oldest first.
class Kept {
  std::mutex mutex;
  std::deque<void *> blocks;
  size_t bytes = 0;

public:
  // take is a block of n bytes and at most an eighth more, or null.
  void *take(size_t n) {
    std::lock_guard<std::mutex> lock(mutex);
    for (auto b = blocks.begin(); b != blocks.end(); ++b) {
      const size_t size = malloc_usable_size(*b);
      if (size < n || size - n > n / 8) continue;
      void *p = *b;
      blocks.erase(b);
      bytes -= size;
      return p;
    }
    return nullptr;
  }

  void put(void *p) {
    const size_t size = malloc_usable_size(p);
    if (size > kMostKept) {
      free(p);
      return;
    }
    madvise(p, size & ~(kHugePage - 1), MADV_FREE);
    std::lock_guard<std::mutex> lock(mutex);
    for (; bytes + size > kMostKept; blocks.pop_front()) {
      bytes -= malloc_usable_size(blocks.front());
      free(blocks.front());
    }
    blocks.push_back(p);
    bytes += size;
  }
};

// most is the memory of the machine with its swap. Beyond it a system that promises more than it has would end the process.
size_t most() {
  static const size_t n = [] {
    struct sysinfo s;
    return sysinfo(&s) == 0 ? (size_t(s.totalram) + size_t(s.totalswap)) * s.mem_unit : SIZE_MAX;
  }();
  return n;
}

Kept &kept() {
  static Kept *k = new Kept; // for good: tensors may be freed until the process ends
  return *k;
}

class LargeOnHugePages final : public c10::Allocator {
  c10::Allocator *const usual = c10::GetDefaultCPUAllocator();

public:
  c10::DataPtr allocate(size_t n) override {
    if (n < kLarge) return usual->allocate(n);
    TORCH_CHECK_WITH(OutOfMemoryError, n <= most(), "can't allocate memory: you tried to allocate ", n, " bytes, and the machine has ", most());
    void *p = kept().take(n);
    if (!p) {
      if (posix_memalign(&p, kHugePage, n) != 0) return usual->allocate(n);
      madvise(p, n, MADV_HUGEPAGE); // a wish: without huge pages all goes on as before
    }
    return {p, p, [](void *p) { kept().put(p); }, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return usual->raw_deleter(); } // free, which will do for any block
  void copy_data(void *dest, const void *src, size_t n) const override { usual->copy_data(dest, src, n); }
};

} // namespace

__attribute__((constructor)) static void large_on_huge_pages() {
  static LargeOnHugePages allocator;
  c10::SetAllocator(c10::DeviceType::CPU, &allocator, 1);
}
#endif
