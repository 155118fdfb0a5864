// Device tensors lent to a kernel of the CPU's as CPU tensors over the same memory, and its results taken back.
#pragma once
#include <ATen/EmptyTensor.h>
#include <ATen/ops/alias.h>

#include "queue.h"

namespace simcuda {

inline at::Tensor tensor_over(c10::Storage storage, c10::DispatchKey key, const at::Tensor &like) {
  auto t = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), like.dtype());
  t.unsafeGetTensorImpl()->set_storage_offset(like.storage_offset());
  t.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides());
  return t;
}

inline c10::Storage storage_on(c10::DeviceIndex device, size_t n) {
  auto &a = DeviceAllocator::instance();
  return c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), n, a.allocate_on(n, device), &a, true);
}

// Moves a result of the CPU's into the device's memory, in its layout.
inline at::Tensor to_device(const at::Tensor &host, c10::DeviceIndex device) {
  const size_t n = at::detail::computeStorageNbytes(host.sizes(), host.strides(), host.itemsize());
  auto storage = storage_on(device, n);
  if (n) std::memcpy(memory.for_kernel(storage.data()), host.const_data_ptr(), n);
  auto t = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CUDA), host.dtype());
  t.unsafeGetTensorImpl()->set_sizes_and_strides(host.sizes(), host.strides());
  return t;
}

class Loan {
  struct Lent {
    at::Tensor device, host;
  };

 public:
  explicit Loan(c10::DeviceIndex device) : device_(device) {}

  at::Tensor lend(const at::Tensor &t) {
    for (auto &l : lent_)
      if (l.device.is_same(t)) return l.host;
    auto host = tensor_over(host_storage(t.storage()), c10::DispatchKey::CPU, t);
    if (t.unsafeGetTensorImpl()->is_wrapped_number()) host.unsafeGetTensorImpl()->set_wrapped_number(true);
    host._set_conj(t.is_conj());
    host._set_neg(t.is_neg());
    lent_.push_back({t, host});
    return host;
  }

  // Gives the device's tensors what the kernel did to its own: other sizes, more memory, another storage.
  void settle() {
    for (auto &s : storages_) {
      const size_t n = s.host.nbytes();
      if (s.host.data() == s.data && n <= s.device.nbytes()) continue;
      auto grown = DeviceAllocator::instance().allocate_on(n, device_);
      if (n) std::memcpy(memory.for_kernel(grown.get()), s.host.data(), n);
      s.device.unsafeGetStorageImpl()->set_data_ptr_noswap(std::move(grown));
      s.device.unsafeGetStorageImpl()->set_nbytes(n);
    }
    for (auto &l : lent_) {
      auto *t = l.device.unsafeGetTensorImpl();
      if (auto s = device_storage(l.host); s && !s->is_alias_of(l.device.storage())) t->set_storage_keep_dtype(*s);
      if (l.device.sizes() == l.host.sizes() && l.device.strides() == l.host.strides() && l.device.storage_offset() == l.host.storage_offset()) continue;
      t->set_storage_offset(l.host.storage_offset());
      t->set_sizes_and_strides(l.host.sizes(), l.host.strides());
    }
  }

  at::Tensor take_back(const at::Tensor &result) {
    if (!result.defined() || !result.is_cpu()) return result;
    for (auto &l : lent_)
      if (l.host.is_same(result)) return l.device;
    if (auto s = device_storage(result)) {
      auto view = tensor_over(*s, c10::DispatchKey::CUDA, result);
      view._set_conj(result.is_conj());
      view._set_neg(result.is_neg());
      return view;
    }
    return to_device(result, device_);
  }

 private:
  struct Shared {
    c10::Storage device, host;
    void *data;
  };

  c10::Storage host_storage(const c10::Storage &device) {
    for (auto &s : storages_)
      if (s.device.is_alias_of(device)) return s.host;
    void *data = memory.for_kernel(device.data());
    c10::Storage host = c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), device.nbytes(),
                                                              c10::DataPtr(data, c10::kCPU), c10::GetAllocator(c10::kCPU), true);
    storages_.push_back({device, host, data});
    return host;
  }

  const c10::Storage *device_storage(const at::Tensor &host) const {
    for (auto &s : storages_)
      if (s.host.is_alias_of(host.storage())) return &s.device;
    return nullptr;
  }

  c10::DeviceIndex device_;
  std::vector<Lent> lent_;
  std::vector<Shared> storages_;
};

}  // namespace simcuda
