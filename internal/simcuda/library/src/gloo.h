// gloo's all-reduce of device tensors, the one collective whose CUDA part lives in libtorch_cuda: the CPU's on the device's memory.
#pragma once
#include <torch/csrc/distributed/c10d/Types.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include "fallback.h"

namespace gloo {
class Context;
}

namespace c10d {

// As ProcessGroupGlooDetail.hpp declares it, which needs gloo's own headers.
struct ProcessGroupGloo {
  struct AsyncWork : Work {};
};
using GlooRegistry = c10::Registry<c10::DeviceType, c10::intrusive_ptr<ProcessGroupGloo::AsyncWork>, std::shared_ptr<gloo::Context>,
                                   std::vector<at::Tensor> &, ReduceOp, uint32_t, uint64_t, std::chrono::milliseconds>;
GlooRegistry *GlooAllreduceRegistry();

}  // namespace c10d

namespace simcuda {

inline c10::intrusive_ptr<c10d::ProcessGroupGloo::AsyncWork> all_reduce(std::shared_ptr<gloo::Context> context, std::vector<at::Tensor> &tensors,
                                                                        c10d::ReduceOp op, uint32_t tag, uint64_t seq, std::chrono::milliseconds timeout) {
  std::vector<at::Tensor> lent;
  for (auto &t : tensors) {
    launch("c10d::allreduce_", t.device().index());
    lent.push_back(Loan(t.device().index()).lend(t));
  }
  return c10d::GlooAllreduceRegistry()->Create(c10::kCPU, std::move(context), lent, std::move(op), tag, seq, timeout);
}

static const bool all_reduce_registered = [] {
  c10d::GlooAllreduceRegistry()->Register(c10::kCUDA, all_reduce);
  return true;
}();

}  // namespace simcuda
