// NCCL's process group is in libtorch_cuda, which is loaded where there is a driver (fl_load_cuda) and is never
// linked; and its header needs CUDA's and NCCL's. So its constructors are looked up by name, and called on
// memory with room for their members. What they make is used by Backend's virtual functions alone.
#include "environment.h"

#include "nccl.h"

#include <dlfcn.h>

#include <cstring>

namespace {

using Store = c10::intrusive_ptr<c10d::Store>;
using Options = c10::intrusive_ptr<c10d::Backend::Options>;

constexpr size_t kRoom = 64 << 10;  // far more than either has

void *symbol(const char *name) {
  void *found = dlsym(RTLD_DEFAULT, name);
  TORCH_CHECK(found, "NCCL needs libtorch's CUDA library and an NVIDIA driver, and this process has loaded none");
  return found;
}

// What construct makes, owned as by a new expression.
template <class T, class Construct>
c10::intrusive_ptr<T> made(Construct construct) {
  void *memory = ::operator new(kRoom);
  std::memset(memory, 0, kRoom);
  try {
    construct(memory);
  } catch (...) {
    ::operator delete(memory);
    throw;
  }
  return c10::intrusive_ptr<T>::unsafe_steal_from_new(static_cast<T *>(memory));
}

}  // namespace

c10::intrusive_ptr<c10d::Backend> new_nccl(const Store &store, int rank, int size, std::chrono::milliseconds timeout) {
  auto new_options = reinterpret_cast<void (*)(void *, bool)>(symbol("_ZN4c10d16ProcessGroupNCCL7OptionsC1Eb"));
  auto new_group = reinterpret_cast<void (*)(void *, Store, int, int, Options)>(
      symbol("_ZN4c10d16ProcessGroupNCCLC1EN3c1013intrusive_ptrINS_5StoreENS1_6detail34intrusive_target_default_null_"
             "typeIS3_EEEEiiNS2_INS0_7OptionsENS5_IS8_EEEE"));
  auto options = made<c10d::Backend::Options>([&](void *memory) { new_options(memory, false); });
  options->timeout = timeout;
  return made<c10d::Backend>([&](void *memory) { new_group(memory, store, rank, size, options); });
}
