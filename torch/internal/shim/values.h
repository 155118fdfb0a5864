// Boxed values as the tagged words of op.h; shared by op.cc and record.cc.
#pragma once
#include <ATen/core/ivalue.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "common.h"
#include "op.h"

inline int64_t as_bits(double v) {
  int64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}

// -1 for the CPU, else the index of the CUDA device; one without an index is the current one.
inline int64_t number_of(c10::Device d) {
  if (!d.is_cuda()) return -1;
  return d.has_index() ? d.index() : at::detail::getCUDAHooks().current_device();
}

// Writes values down. What becomes of tensors, and of what has no other form, is for those who write.
struct Writer {
  std::vector<int64_t> words;

  virtual ~Writer() = default;
  virtual void tensor(const at::Tensor &t) = 0;
  virtual void object(const c10::IValue &v) = 0;

  void put(int64_t tag, int64_t word) { words.insert(words.end(), {tag, word}); }

  void value(const c10::IValue &v) {
    if (v.isNone()) words.push_back(FL_NONE);
    else if (v.isTensor()) v.toTensor().defined() ? tensor(v.toTensor()) : words.push_back(FL_NONE);
    else if (v.isInt()) put(FL_INT, v.toInt());
    else if (v.isDouble()) put(FL_DOUBLE, as_bits(v.toDouble()));
    else if (v.isBool()) put(FL_BOOL, v.toBool());
    else if (v.isString()) put(FL_STRING, reinterpret_cast<int64_t>(strdup(v.toStringRef().c_str())));
    else if (v.isDevice()) put(FL_DEVICE, number_of(v.toDevice()));
    else if (v.isComplexDouble()) {
      put(FL_COMPLEX, as_bits(v.toComplexDouble().real()));
      words.push_back(as_bits(v.toComplexDouble().imag()));
    } else if (v.isList()) {
      auto list = v.toList();
      put(FL_LIST, static_cast<int64_t>(list.size()));
      for (size_t i = 0; i < list.size(); i++) value(list.get(i));
    } else object(v);
  }
};
