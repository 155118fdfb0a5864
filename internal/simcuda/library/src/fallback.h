// Every operation without a kernel of its own: the CPU's kernel on the device's memory.
#pragma once
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/op_registration/adaption.h>
#include <ATen/core/stack.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <set>

#include "device.h"
#include "loan.h"

namespace simcuda {

// Below it nothing of autograd, autocast or inference mode is seen.
struct PlainCPU {
  at::AutoDispatchBelowADInplaceOrView below;
  c10::impl::ExcludeDispatchKeyGuard no_autocast{c10::autocast_dispatch_keyset};
};

// Begins a kernel: counted, after all that came before it.
inline void launch(const std::string &name, c10::DeviceIndex device) {
  use(device);
  queues.at(device).run();
  counts.kernels++;
  log_of_all.add(name);
  // These return shapes that depend on values, so CUDA's kernels wait for the device.
  static const std::set<std::string> waits = {
      "aten::nonzero", "aten::masked_select", "aten::_unique", "aten::_unique2", "aten::unique_dim", "aten::unique_consecutive",
      "aten::equal", "aten::bincount", "aten::repeat_interleave", "aten::_ctc_loss", "aten::multinomial", "aten::_linalg_eigvals"};
  if (waits.count(name)) wait_for(name);
}

// The tensors among an operation's arguments, however they are nested.
inline void each_tensor(const c10::IValue &v, const std::function<void(const at::Tensor &)> &f) {
  if (v.isTensor()) return f(v.toTensor());
  if (v.isTensorList()) for (const at::Tensor &t : v.toTensorVector()) f(t);
  else if (v.isList()) for (const c10::IValue &e : v.toListRef()) each_tensor(e, f);
}

inline c10::IValue with_tensors(const c10::IValue &v, const std::function<at::Tensor(const at::Tensor &)> &f) {
  if (v.isTensor()) return f(v.toTensor());
  if (v.isTensorList()) {
    c10::List<at::Tensor> all;
    for (const at::Tensor &t : v.toTensorVector()) all.push_back(f(t));
    return all;
  }
  if (v.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> all;
    for (const c10::IValue &e : v.toListRef()) all.push_back(e.isNone() ? std::nullopt : std::optional(f(e.toTensor())));
    return all;
  }
  return v;
}

// The device of an operation: that of its tensors, which must all be on one.
inline c10::DeviceIndex device_of(const c10::FunctionSchema &schema, c10::ArrayRef<c10::IValue> args) {
  std::optional<c10::Device> found;
  for (auto &a : args) {
    each_tensor(a, [&](const at::Tensor &t) { if (!found && t.defined() && t.is_cuda()) found = t.device(); });
    if (!found && a.isDevice() && a.toDevice().is_cuda()) found = a.toDevice();
  }
  if (!found || !found->has_index()) return current_device;
  for (size_t i = 0; i < args.size(); i++) {
    const auto &name = schema.arguments()[i].name();
    each_tensor(args[i], [&](const at::Tensor &t) {
      const bool welcome = !t.defined() || t.device() == *found || (t.is_cpu() && (t.dim() == 0 || name == "indices"));
      if (!welcome) c10::impl::common_device_check_failure(*found, t, schema.name().c_str(), name.c_str());
      if (name == "indices" && t.defined() && (t.scalar_type() == at::kBool || t.scalar_type() == at::kByte)) wait_for(schema.name());
    });
  }
  return found->index();
}

inline void fallback(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  const auto &schema = op.schema();
  const size_t n = schema.arguments().size(), first = stack->size() - n;
  bool view = schema.name() == "aten::resize_";
  for (auto &a : schema.arguments()) view |= a.alias_info() && !a.alias_info()->isWrite();
  const auto device = device_of(schema, torch::jit::last(*stack, n));
  if (!view) launch(schema.name(), device);

  // The CPU's convolutions of float16 are slow, or missing; CUDA's add up in float32 as well.
  static const std::set<std::string> in_float = {"aten::convolution", "aten::convolution_backward"};
  bool half = in_float.count(schema.name());
  for (auto &v : torch::jit::last(*stack, n))
    each_tensor(v, [&](const at::Tensor &t) { half &= !t.defined() || !t.is_cuda() || t.scalar_type() == at::kHalf; });
  static const std::set<std::string> floating_alone = {"aten::max_pool2d_with_indices", "aten::max_pool3d_with_indices"};
  if (floating_alone.count(schema.name())) {
    const auto input = torch::jit::peek(*stack, 0, n).toTensor().scalar_type();
    TORCH_CHECK_NOT_IMPLEMENTED(at::isFloatingType(input), "\"", schema.name(), "\" not implemented for '", c10::toString(input), "'");
  }
  Loan loan(device);
  auto lend = [&](const at::Tensor &t) {
    if (!t.defined() || !t.is_cuda()) return t;
    if (!half) return loan.lend(t);
    PlainCPU plain;
    return loan.lend(t).to(at::kFloat);
  };
  for (size_t i = 0; i < n; i++) {
    auto &v = (*stack)[first + i];
    auto type = schema.arguments()[i].type();
    if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
    if (type->kind() == c10::TypeKind::GeneratorType) v = numbers_of(v.isNone() ? at::Generator() : v.toGenerator(), device);
    else if (v.isDevice()) v = c10::Device(c10::kCPU);
    else v = with_tensors(v, lend);
  }
  {
    PlainCPU plain;
    op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  }
  loan.settle();
  for (size_t i = stack->size() - schema.returns().size(); i < stack->size(); i++)
    (*stack)[i] = with_tensors((*stack)[i], [&](const at::Tensor &t) {
      PlainCPU plain;
      return loan.take_back(half && t.defined() ? t.to(at::kHalf) : t);
    });
}

}  // namespace simcuda
