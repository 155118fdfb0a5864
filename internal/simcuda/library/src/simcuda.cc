// A CUDA that runs on the CPU, for tests. It registers itself under CUDA's dispatch key, as libtorch_cuda.so does.
#include "copies.h"

#include <ATen/ATen.h>

namespace simcuda {

using at::CUDAHooksRegistry, at::RegistererCUDAHooksRegistry, at::CUDAHooksInterface, at::CUDAHooksArgs;
REGISTER_CUDA_HOOKS(CUDAHooks)
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

static const bool allocator_set = [] {
  c10::SetAllocator(c10::kCUDA, &DeviceAllocator::instance());
  return true;
}();

static at::Tensor empty_with(const std::optional<c10::Device> &d, const std::function<at::Tensor(c10::Allocator *)> &make) {
  const auto device = d && d->has_index() ? d->index() : current_device;
  TORCH_CHECK(device < devices, "CUDA error: invalid device ordinal");
  check_alive();
  const auto before = std::exchange(current_device, device);
  struct Restore {
    c10::DeviceIndex to;
    ~Restore() { current_device = to; }
  } restore{before};
  return make(&DeviceAllocator::instance());
}

static const c10::DispatchKeySet key(c10::DispatchKey::CUDA);

static at::Tensor empty(c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>, std::optional<c10::Device> device,
                        std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return empty_with(device, [&](c10::Allocator *a) {
    return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), a, key, c10::dtype_or_default(dtype), format);
  });
}

static at::Tensor empty_strided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                                std::optional<c10::Device> device, std::optional<bool>) {
  return empty_with(device, [&](c10::Allocator *a) {
    return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), a, key, c10::dtype_or_default(dtype));
  });
}

// The CPU's own draws from the CPU's generator whatever the device.
static std::tuple<at::Tensor, at::Tensor> native_dropout(const at::Tensor &x, double p, std::optional<bool> train) {
  auto mask = at::empty_like(x, x.options().dtype(at::kBool));
  if (!train.value_or(true)) return {x.clone(), mask.fill_(true)};
  mask.bernoulli_(1 - p);
  return {x * mask * (p == 1 ? 0 : 1 / (1 - p)), mask};
}

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("copy_", &copy_);
  m.impl("_local_scalar_dense", &local_scalar);
  m.impl("native_dropout", &native_dropout);
  // What would look for a kernel of CUDA's own on its way is one kernel here, as cuDNN's are.
  for (const char *whole : {"convolution", "convolution_backward"})
    m.impl(whole, torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

}  // namespace simcuda

// What internal/simcuda reads and sets.
extern "C" {
using namespace simcuda;

void simcuda_counts(int64_t *out) {
  for (auto *n : {&counts.kernels, &counts.copies_in, &counts.copies_out, &counts.copies_between, &counts.waits, &counts.allocations}) *out++ = *n;
}
void simcuda_fail_allocation(int64_t n) { until_allocation_fails.left = n; }
void simcuda_limit(int device, int64_t bytes) { DeviceAllocator::instance().limit(device, static_cast<size_t>(bytes)); }
void simcuda_lose(int64_t n) {
  lost = false;
  until_lost.left = n;
}
void simcuda_listen(int64_t on) {
  std::lock_guard<std::mutex> lock(log_of_all.mutex);
  log_of_all.on = on != 0;
  log_of_all.text.clear();
}
char *simcuda_log() {
  std::lock_guard<std::mutex> lock(log_of_all.mutex);
  return strdup(log_of_all.text.c_str());
}

// The driver's part, by which a program asks for a device's name.
int cuInit(unsigned) { return 0; }
int cuDeviceGet(int *device, int i) {
  *device = i;
  return i < devices ? 0 : 101;
}
int cuDeviceGetName(char *name, int n, int device) {
  std::snprintf(name, n, "simulated GPU %d", device);
  return 0;
}
int cuGetErrorString(int, const char **text) {
  *text = "invalid device ordinal";
  return 0;
}
}
