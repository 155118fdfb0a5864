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

// cuda is -1 for the CPU, else the index of the CUDA device, as in gotch.
inline at::Device device_of(int cuda) {
  return cuda < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(cuda));
}

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
