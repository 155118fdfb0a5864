// libtorch's NCCL backend. Never seen by cgo.
#pragma once
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

// A ProcessGroupNCCL; it throws where libtorch's CUDA library isn't loaded, or there is no GPU.
c10::intrusive_ptr<c10d::Backend> new_nccl(const c10::intrusive_ptr<c10d::Store> &store, int rank, int size,
                                           std::chrono::milliseconds timeout);
