// Copies between the host and the devices, and between these.
#pragma once
#include "fallback.h"

namespace simcuda {

// Whether a copy is of bytes alone, which a device does by itself.
inline bool plain_bytes(const at::Tensor &a, const at::Tensor &b) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes() && a.strides() == b.strides() && a.is_non_overlapping_and_dense() &&
         a.is_conj() == b.is_conj() && a.is_neg() == b.is_neg();
}

inline at::Tensor &copy_(at::Tensor &to, const at::Tensor &from, bool non_blocking) {
  if (to.is_same(from) || to.numel() == 0) return to;
  PlainCPU plain;
  const auto &on_device = to.is_cuda() ? to : from;
  const auto device = on_device.device().index();
  Loan loan(device), other(from.is_cuda() ? from.device().index() : device);
  auto host = [&](Loan &l, const at::Tensor &t) { return t.is_cuda() ? l.lend(t) : t; };
  if (to.is_cuda() && from.is_cuda()) {
    queues.at(from.device().index()).run();
    uses.at(from.device().index())++;
    launch("aten::copy_", device);
    if (to.device() != from.device()) counts.copies_between++;
  } else {
    use(device);
    (to.is_cuda() ? counts.copies_in : counts.copies_out)++;
    log_of_all.add(to.is_cuda() ? "copy in" : "copy out");
    const auto &on_host = to.is_cuda() ? from : to;
    const bool pinned = PinnedAllocator::instance().holds(on_host.const_data_ptr());
    if (non_blocking && pinned && plain_bytes(to, from)) {
      auto a = host(loan, to), b = host(other, from);
      if (to.is_cpu()) std::memset(a.data_ptr(), 0xff, a.nbytes());
      queues.at(device).add(a.data_ptr(), b.const_data_ptr(), a.nbytes());
      return to;
    }
    queues.at(device).run();
    if (!non_blocking || to.is_cpu()) wait_for(to.is_cuda() ? "copy in" : "copy out");
  }
  host(loan, to).copy_(host(other, from));
  return to;
}

inline at::Scalar local_scalar(const at::Tensor &t) {
  synchronize(t.device().index(), "item");
  counts.copies_out++;
  PlainCPU plain;
  Loan loan(t.device().index());
  return loan.lend(t).item();
}

}  // namespace simcuda
