// The cells of LSTM and GRU, which CUDA alone has as kernels of their own: here out of several. What they keep for the way back
// is what CUDA's keep.
#pragma once
#include <ATen/ATen.h>

namespace simcuda {

using at::Tensor;
using MaybeTensor = std::optional<Tensor>;

inline bool given(const MaybeTensor &t) { return t && t->defined(); }
inline Tensor with_bias(const Tensor &gates, const MaybeTensor &bias) { return given(bias) ? gates + *bias : gates; }
inline Tensor through_sigmoid(const Tensor &grad, const Tensor &y) { return grad * y * (1 - y); }
inline Tensor through_tanh(const Tensor &grad, const Tensor &y) { return grad * (1 - y * y); }

inline std::tuple<Tensor, Tensor, Tensor> lstm_cell(const Tensor &input, const Tensor &hidden, const Tensor &cx, const MaybeTensor &input_bias,
                                                    const MaybeTensor &hidden_bias) {
  auto gates = (with_bias(input, input_bias) + with_bias(hidden, hidden_bias)).chunk(4, 1);
  auto in = gates[0].sigmoid(), forget = gates[1].sigmoid(), cell = gates[2].tanh(), out = gates[3].sigmoid();
  auto cy = forget * cx + in * cell;
  return {out * cy.tanh(), cy, at::cat({in, forget, cell, out}, 1)};
}

inline std::tuple<Tensor, Tensor, Tensor> lstm_cell_backward(const MaybeTensor &grad_hy, const MaybeTensor &grad_cy, const Tensor &cx, const Tensor &cy,
                                                             const Tensor &kept, bool has_bias) {
  if (!given(grad_hy) && !given(grad_cy)) return {};
  auto gates = kept.chunk(4, 1);
  const auto &in = gates[0], &forget = gates[1], &cell = gates[2], &out = gates[3];
  auto tanh_cy = cy.tanh(), gh = given(grad_hy) ? *grad_hy : at::zeros_like(cx);
  auto gc = through_tanh(gh * out, tanh_cy);
  if (given(grad_cy)) gc = gc + *grad_cy;
  auto grad = at::cat({through_sigmoid(gc * cell, in), through_sigmoid(gc * cx, forget), through_tanh(gc * in, cell), through_sigmoid(gh * tanh_cy, out)}, 1);
  return {grad, gc * forget, has_bias ? grad.sum(0) : Tensor()};
}

inline std::tuple<Tensor, Tensor> gru_cell(const Tensor &input, const Tensor &hidden, const Tensor &hx, const MaybeTensor &input_bias,
                                           const MaybeTensor &hidden_bias) {
  auto i = with_bias(input, input_bias).chunk(3, 1), h = with_bias(hidden, hidden_bias).chunk(3, 1);
  auto reset = (i[0] + h[0]).sigmoid(), update = (i[1] + h[1]).sigmoid(), fresh = (i[2] + reset * h[2]).tanh();
  return {fresh + update * (hx - fresh), at::cat({reset, update, fresh, hx, h[2]}, 1)};
}

inline std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> gru_cell_backward(const Tensor &grad, const Tensor &kept, bool has_bias) {
  auto parts = kept.chunk(5, 1);
  const auto &reset = parts[0], &update = parts[1], &fresh = parts[2], &hx = parts[3], &of_hidden = parts[4];
  auto g_update = through_sigmoid(grad * (hx - fresh), update), g_fresh = through_tanh(grad * (1 - update), fresh);
  auto g_reset = through_sigmoid(g_fresh * of_hidden, reset);
  auto g_input = at::cat({g_reset, g_update, g_fresh}, 1), g_hidden = at::cat({g_reset, g_update, g_fresh * reset}, 1);
  return {g_input, g_hidden, grad * update, has_bias ? g_input.sum(0) : Tensor(), has_bias ? g_hidden.sum(0) : Tensor()};
}

}  // namespace simcuda
