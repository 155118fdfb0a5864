// Shared by the C++ files of the shim; never seen by cgo.
#pragma once
#include <ATen/ATen.h>
#include <cstring>
#include <string>
#include <vector>

#include "shim.h"

// Runs the body and turns what it throws into the returned message, without libtorch's C++ stack.
#define FL_TRY(...)                                 \
  try {                                             \
    __VA_ARGS__;                                    \
    return nullptr;                                 \
  } catch (const c10::Error &e) {                   \
    return strdup(e.what_without_backtrace());      \
  } catch (const std::exception &e) {               \
    return strdup(e.what());                        \
  } catch (...) {                                   \
    return strdup("unknown C++ exception");         \
  }

inline at::Tensor &ref(void *t) { return *static_cast<at::Tensor *>(t); }
inline void *give(at::Tensor t) { return new at::Tensor(std::move(t)); }

// What Go passes as numbers is checked there; an enum of another value would end the process all the same.
inline at::ScalarType dtype_of(int dtype) {
  TORCH_CHECK(dtype >= 0 && dtype < static_cast<int>(at::ScalarType::NumOptions), "dtype ", dtype, ": there is none");
  auto t = static_cast<at::ScalarType>(dtype);
  TORCH_CHECK(t != at::ScalarType::Undefined, "dtype ", dtype, ": there is none");
  return t;
}

inline at::MemoryFormat format_of(int format) {
  TORCH_CHECK(format >= 0 && format < static_cast<int>(at::MemoryFormat::NumOptions), "memory format ", format, ": there is none");
  return static_cast<at::MemoryFormat>(format);
}

// cuda is -1 for the CPU, else the index of the CUDA device, as in gotch.
inline at::Device device_of(int cuda) {
  TORCH_CHECK(cuda >= -1 && cuda <= 127, "device ", cuda, ": there is none");
  return cuda < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(cuda));
}

// The state of a device's generator, which operations draw from. It is memory of the CPU, and making it is no operation.
at::Tensor generator_state(int cuda);

inline std::vector<at::Tensor> list_of(void **ts, int n) {
  std::vector<at::Tensor> out;
  out.reserve(n);
  for (int i = 0; i < n; i++) out.push_back(ref(ts[i]));
  return out;
}

inline std::vector<at::Tensor> grads_of(void **ts, int n) {
  std::vector<at::Tensor> out;
  out.reserve(n);
  for (int i = 0; i < n; i++) out.push_back(ref(ts[i]).grad());
  return out;
}

// Refuses a tensor that a step can't take for its parameter: kernels go by the parameter's sizes and strides alone.
inline void check_like(const at::Tensor &p, const at::Tensor &t, int i, const char *what) {
  TORCH_CHECK(t.defined(), "parameter ", i, " has no ", what);
  TORCH_CHECK(t.sizes() == p.sizes() && t.scalar_type() == p.scalar_type() && t.device() == p.device(), "the ", what,
              " of parameter ", i, " is ", t.scalar_type(), t.sizes(), " on ", t.device(), ", the parameter ",
              p.scalar_type(), p.sizes(), " on ", p.device());
}

// Refuses a parameter that isn't its memory from end to end: kernels go through that.
inline void check_dense(const at::Tensor &p, size_t i) {
  TORCH_CHECK(p.is_non_overlapping_and_dense(), "parameter ", i, " has gaps in memory, or uses elements more than once");
}

// The gradients of a step's parameters, which all must have one, in the parameters' order of elements.
inline std::vector<at::Tensor> step_grads(const std::vector<at::Tensor> &params) {
  std::vector<at::Tensor> out;
  out.reserve(params.size());
  for (size_t i = 0; i < params.size(); i++) {
    const at::Tensor &p = params[i], &g = p.grad();
    check_dense(p, i);
    check_like(p, g, i, "gradient");
    out.push_back(g.strides() == p.strides() ? g : at::empty_like(p).copy_(g));
  }
  return out;
}

// What a step remembers of its parameters; an empty list where it remembers nothing.
inline std::vector<at::Tensor> step_state(void **ts, const std::vector<at::Tensor> &params) {
  auto out = list_of(ts, ts ? static_cast<int>(params.size()) : 0);
  for (size_t i = 0; i < out.size(); i++) {
    check_like(params[i], out[i], i, "state");
    TORCH_CHECK(out[i].strides() == params[i].strides(), "the state of parameter ", i, " has strides ", out[i].strides(),
                ", the parameter ", params[i].strides());
  }
  return out;
}

// How many steps each parameter has made, one float32 number each.
inline std::vector<at::Tensor> step_counts(void **ts, int n) {
  auto out = list_of(ts, n);
  for (int i = 0; i < n; i++)
    TORCH_CHECK(out[i].numel() == 1 && out[i].scalar_type() == at::kFloat, "the step of parameter ", i, " is ",
                out[i].scalar_type(), out[i].sizes(), ", want one float32 number");
  return out;
}
