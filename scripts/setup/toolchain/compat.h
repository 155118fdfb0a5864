// Force-included into gotch's C++: the three functions of libtorch 2.1 whose
// signatures have changed since, with their old signatures.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <stdexcept>
#include <tuple>

namespace torch {

inline at::Tensor _cslt_sparse_mm(const at::Tensor &, const at::Tensor &, const at::Tensor &, bool) {
  throw std::runtime_error("_cslt_sparse_mm: its signature of libtorch 2.1 is gone");
}

inline std::tuple<at::Tensor, at::Tensor> _scaled_mm(const at::Tensor &, const at::Tensor &, const at::Tensor &,
                                                     std::optional<at::ScalarType>, const at::Tensor &,
                                                     const at::Tensor &, const at::Tensor &) {
  throw std::runtime_error("_scaled_mm: its signature of libtorch 2.1 is gone");
}

inline std::tuple<at::Tensor, at::Tensor> _scaled_mm_out(at::Tensor &, at::Tensor &, const at::Tensor &,
                                                         const at::Tensor &, const at::Tensor &,
                                                         std::optional<at::ScalarType>, const at::Tensor &,
                                                         const at::Tensor &, const at::Tensor &) {
  throw std::runtime_error("_scaled_mm_out: its signature of libtorch 2.1 is gone");
}

}  // namespace torch
