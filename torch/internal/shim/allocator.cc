// Huge pages for the largest tensors. glibc maps what has 32 MB or more anew each time,
// and touching that memory for the first time, 4 KB at a time, costs more than most
// operations on it: a batch of pictures becomes float in 13 ms, with huge pages in 5.
// libtorch can ask for them itself (THP_MEM_ALLOC_ENABLE), but from 2 MB on, where memory
// is used again and aligning it leaves holes: peak memory rises.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#ifdef __linux__
#include <sys/mman.h>

#include <cstdlib>

namespace {

constexpr size_t kLarge = size_t(32) << 20, kHugePage = size_t(2) << 20;

class LargeOnHugePages final : public c10::Allocator {
  c10::Allocator *const usual = c10::GetDefaultCPUAllocator();

public:
  c10::DataPtr allocate(size_t n) override {
    void *p = nullptr;
    if (n < kLarge || posix_memalign(&p, kHugePage, n) != 0) return usual->allocate(n);
    madvise(p, n, MADV_HUGEPAGE); // a wish: without huge pages all goes on as before
    return {p, p, &free, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return usual->raw_deleter(); } // which is free too
  void copy_data(void *dest, const void *src, size_t n) const override { usual->copy_data(dest, src, n); }
};

} // namespace

__attribute__((constructor)) static void large_on_huge_pages() {
  static LargeOnHugePages allocator;
  c10::SetAllocator(c10::DeviceType::CPU, &allocator, 1);
}
#endif
