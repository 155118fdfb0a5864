// A device's random numbers: those of a CPU generator of its own, under CUDA's key.
#pragma once
#include <ATen/CPUGeneratorImpl.h>

#include "memory.h"

namespace simcuda {

struct Generator final : c10::GeneratorImpl {
  Generator(c10::DeviceIndex device, at::Generator numbers)
      : GeneratorImpl(c10::Device(c10::kCUDA, device), c10::DispatchKeySet(c10::DispatchKey::CUDA)), numbers(std::move(numbers)) {}

  void set_current_seed(uint64_t seed) override { numbers.set_current_seed(seed); }
  uint64_t current_seed() const override { return numbers.current_seed(); }
  uint64_t seed() override { return numbers.seed(); }
  void set_offset(uint64_t) override {}
  uint64_t get_offset() const override { return 0; }
  void set_state(const c10::TensorImpl &state) override { numbers.unsafeGetGeneratorImpl()->set_state(state); }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override { return numbers.unsafeGetGeneratorImpl()->get_state(); }
  Generator *clone_impl() const override { return new Generator(device().index(), numbers.clone()); }

  at::Generator numbers;
};

inline at::Generator new_generator(c10::DeviceIndex device) {
  return at::make_generator<Generator>(device, at::detail::createCPUGenerator());
}

inline const at::Generator &default_generator(c10::DeviceIndex device) {
  static const std::vector<at::Generator> all = [] {
    std::vector<at::Generator> g;
    for (int i = 0; i < devices; i++) g.push_back(new_generator(static_cast<c10::DeviceIndex>(i)));
    return g;
  }();
  return all.at(device < 0 ? current_device : device);
}

// The CPU generator behind g, or behind the device's own.
inline at::Generator numbers_of(const at::Generator &g, c10::DeviceIndex device) {
  return static_cast<Generator *>((g.defined() ? g : default_generator(device)).unsafeGetGeneratorImpl())->numbers;
}

}  // namespace simcuda
