// A CUDA that runs on the CPU, for tests. It registers itself under CUDA's dispatch key, as libtorch_cuda.so does.
#include "copies.h"
#include "gloo.h"
#include "recurrent.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>

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
  use(device);
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

// A storage is no tensor, and isn't lent.
static at::Tensor &set_storage(at::Tensor &t, at::Storage source, c10::SymInt offset, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
  const auto sizes = C10_AS_INTARRAYREF_SLOW(size);
  c10::DimVector strides = c10::contiguous_strides(sizes);
  if (stride.size() == size.size()) strides = C10_AS_INTARRAYREF_SLOW(stride);
  TORCH_CHECK(source.device() == t.device(), "Attempted to set the storage of a tensor on device ", t.device(), " to a storage on different device ", source.device());
  auto *impl = t.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(std::move(source));
  impl->set_storage_offset(offset.expect_int());
  impl->set_sizes_and_strides(sizes, strides);
  return t;
}

// The CPU's own draws from the CPU's generator whatever the device.
static std::tuple<at::Tensor, at::Tensor> native_dropout(const at::Tensor &x, double p, std::optional<bool> train) {
  TORCH_CHECK_NOT_IMPLEMENTED(at::isFloatingType(x.scalar_type()), "\"fused_dropout\" not implemented for '", c10::toString(x.scalar_type()), "'");
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
  m.impl("set_.source_Storage_storage_offset", &set_storage);
  m.impl("native_dropout", &native_dropout);
  m.impl("_thnn_fused_lstm_cell", &lstm_cell);
  m.impl("_thnn_fused_lstm_cell_backward_impl", &lstm_cell_backward);
  m.impl("_thnn_fused_gru_cell", &gru_cell);
  m.impl("_thnn_fused_gru_cell_backward", &gru_cell_backward);
  // What would look for a kernel of CUDA's own on its way is one kernel here, as cuDNN's are; so is what the CPU and CUDA have
  // kernels for and other devices compute out of several.
  for (const char *whole : {"convolution", "convolution_backward", "native_layer_norm", "native_group_norm", "addr", "all.dims", "any.dims"})
    m.impl(whole, torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

}  // namespace simcuda

// What internal/simcuda reads and sets.
extern "C" {
using namespace simcuda;

void simcuda_counts(int64_t *out) {
  for (auto *n : {&counts.kernels, &counts.copies_in, &counts.copies_out, &counts.copies_between, &counts.waits, &counts.allocations}) *out++ = *n;
}
int64_t simcuda_uses(int device) { return uses.at(device); }
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

// Events on the current streams, by libtorch's own class.
void *simcuda_record(int device) {
  auto *e = new c10::Event(c10::kCUDA);
  e->record(Guard::current_stream({c10::kCUDA, static_cast<c10::DeviceIndex>(device)}));
  return e;
}
int simcuda_done(void *event) { return static_cast<c10::Event *>(event)->query(); }
void simcuda_wait(void *event) { static_cast<c10::Event *>(event)->synchronize(); }
void simcuda_block(void *event, int device) {
  static_cast<c10::Event *>(event)->block(Guard::current_stream({c10::kCUDA, static_cast<c10::DeviceIndex>(device)}));
}
void simcuda_free(void *event) { delete static_cast<c10::Event *>(event); }

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
