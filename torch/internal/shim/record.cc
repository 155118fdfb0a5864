// Writes down the operations of a forward pass: each call into libtorch's dispatcher, by the observer that its profiler uses.
// What an operation calls itself isn't written, but for its multiplications, which are counted.
#include "environment.h"

#ifndef NDEBUG
#define NDEBUG // as libtorch itself: it sets what RecordFunction::inputs asserts in no other build
#endif

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>

#include <unordered_map>

#include "record.h"
#include "values.h"

namespace {

using Weak = c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

struct Operation {
  std::string name, fault;
  std::vector<int64_t> words;
  int64_t macs = 0;
};

struct Value {
  fl_info info;
  bool made;
};

// The states of all generators that an operation may draw from: the CPU's, and each GPU's.
std::vector<at::Tensor> generator_states() {
  std::vector<at::Tensor> all;
  for (int cuda = -1; cuda < fl_cuda_device_count(); cuda++) all.push_back(generator_state(cuda));
  return all;
}

bool same_states(const std::vector<at::Tensor> &a, const std::vector<at::Tensor> &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const at::Tensor &x, const at::Tensor &y) {
    return x.nbytes() == y.nbytes() && std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
  });
}

// How many multiply-adds an operation makes for each element of its output, or in all.
struct Multiplies : at::ObserverContext {
  int64_t each = 0, all = 0;
};

// As PyTorch's flop_counter, which gives products with vectors and attention on the CPU nothing.
std::unique_ptr<Multiplies> multiplies(const std::string &name, c10::ArrayRef<const c10::IValue> args) {
  static const std::unordered_map<std::string, int> left = {{"aten::mm", 0}, {"aten::bmm", 0}, {"aten::mv", 0}, {"aten::dot", 0},
                                                            {"aten::addmm", 1}, {"aten::baddbmm", 1}, {"aten::addmv", 1}};
  static const std::unordered_map<std::string, int> attention = {
      {"aten::_scaled_dot_product_flash_attention_for_cpu", 0}, {"aten::_scaled_dot_product_flash_attention", 0},
      {"aten::_scaled_dot_product_efficient_attention", 0}, {"aten::_scaled_dot_product_cudnn_attention", 0}};
  auto m = std::make_unique<Multiplies>();
  if (auto found = left.find(name); found != left.end()) {
    m->each = args[found->second].toTensor().size(-1);
  } else if (name == "aten::convolution") {
    const at::Tensor &x = args[0].toTensor(), &w = args[1].toTensor();
    int64_t window = w.size(0) ? w.numel() / w.size(0) : 0;
    if (args[6].toBool()) m->all = x.numel() * window;
    else m->each = window;
  } else if (attention.count(name)) {
    const at::Tensor &q = args[0].toTensor(), &k = args[1].toTensor(), &v = args[2].toTensor();
    m->all = (q.numel() + (q.size(-1) ? q.numel() / q.size(-1) : 0) * v.size(-1)) * k.size(-2);
  } else {
    return nullptr;
  }
  return m;
}

struct Recorder : Writer {
  std::vector<Operation> operations;
  std::vector<Value> values;
  std::unordered_map<c10::TensorImpl *, int64_t> numbers;
  std::vector<Weak> seen; // so that no tensor takes the place of another that is gone
  int64_t inputs = 0, given = 0;
  int depth = 0, counting = 0; // how deep we are in operations, and in one that multiplies
  bool results = false;        // a tensor gets a new number, also where it has one
  std::vector<at::Tensor> before; // the generators' states
  at::CallbackHandle callback = 0;

  int64_t add(const at::Tensor &t, bool made) {
    fl_info info{};
    info.dtype = static_cast<int32_t>(t.scalar_type());
    info.cuda = t.is_cuda() ? t.get_device() : -1;
    info.ndim = static_cast<int32_t>(std::min<int64_t>(t.dim(), FL_MAX_DIMS));
    if (t.dim() > FL_MAX_DIMS && !operations.empty()) operations.back().fault = "it has a tensor of too many dimensions";
    for (int i = 0; i < info.ndim; i++) info.sizes[i] = t.size(i);
    seen.emplace_back(t.getIntrusivePtr());
    values.push_back({info, made});
    return numbers[t.unsafeGetTensorImpl()] = static_cast<int64_t>(values.size()) - 1;
  }

  int64_t number(const at::Tensor &t) const {
    auto found = numbers.find(t.unsafeGetTensorImpl());
    return found == numbers.end() ? -1 : found->second;
  }

  void tensor(const at::Tensor &t) override {
    int64_t n = results ? -1 : number(t);
    put(FL_TENSOR, n >= 0 ? n : add(t, results));
  }

  void object(const c10::IValue &) override { put(FL_OBJECT, 0); }

  template <typename List> void list(const List &all) {
    words.push_back(static_cast<int64_t>(all.size()));
    for (const c10::IValue &v : all) value(v);
  }

  // What can't be written down, such as a tensor without strides, is a fault.
  template <typename Write> void attempt(const c10::OperatorName &name, Write write) {
    try {
      write();
    } catch (const std::exception &e) {
      auto *error = dynamic_cast<const c10::Error *>(&e);
      operations.back() = {"", name.name + ": it can't be written down: " + (error ? error->what_without_backtrace() : e.what())};
    }
  }

  void begin(const c10::OperatorName &name, c10::ArrayRef<const c10::IValue> args) {
    operations.push_back({name.name + "." + name.overload_name});
    auto op = c10::Dispatcher::singleton().findOp(name);
    auto &fault = operations.back().fault;
    if (at::autocast::is_autocast_enabled(at::kCPU) || at::autocast::is_autocast_enabled(at::kCUDA))
      fault = "it runs under Autocast, whose conversions a graph doesn't see";
    results = false;
    words.clear();
    list(args);
    for (size_t i = 0; op && i < args.size(); i++) {
      const auto &a = op->schema().arguments()[i];
      if (!a.alias_info() || !a.alias_info()->isWrite() || !args[i].isTensor()) continue;
      int64_t n = number(args[i].toTensor());
      if (n >= inputs && n < given) fault = "it writes to the parameter or buffer that is its argument " + a.name();
    }
    if (op && op->hasTag(at::Tag::nondeterministic_seeded)) before = generator_states();
  }

  void end(const c10::OperatorName &name, const std::vector<c10::IValue> &outputs) {
    auto op = c10::Dispatcher::singleton().findOp(name);
    if (op && outputs.size() < op->schema().returns().size()) return operations.pop_back(); // it failed
    results = true;
    list(outputs);
    operations.back().words = std::move(words);
    words.clear();
    if (op && op->hasTag(at::Tag::nondeterministic_seeded) && !same_states(before, generator_states()))
      operations.back().fault = "it draws random numbers";
  }
};

thread_local Recorder *current = nullptr; // of this thread: the callbacks may be handed to others

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction &fn) {
  Recorder *r = current;
  auto name = fn.operator_name();
  if (!r || !name) return nullptr;
  if (r->depth++ == 0) r->attempt(*name, [&] { r->begin(*name, fn.inputs()); });
  if (r->counting) return nullptr;
  try {
    auto m = multiplies(name->name, fn.inputs());
    if (m) r->counting = r->depth;
    return m;
  } catch (...) {
    return nullptr; // its operands make no sense, and the operation itself says so
  }
}

void on_end(const at::RecordFunction &fn, at::ObserverContext *context) {
  Recorder *r = current;
  auto name = fn.operator_name();
  if (!r || !name) return;
  const auto &outputs = fn.outputs();
  if (auto *m = static_cast<Multiplies *>(context)) {
    r->counting = 0;
    r->operations.back().macs += m->all + (!outputs.empty() && outputs[0].isTensor() ? m->each * outputs[0].toTensor().numel() : 0);
  }
  if (--r->depth == 0 && !r->operations.back().name.empty()) r->attempt(*name, [&] { r->end(*name, outputs); });
}

} // namespace

char *fl_record_begin(void **tensors, int n, int inputs, void **out) {
  FL_TRY({
    TORCH_CHECK(!current, "this goroutine records already");
    auto r = std::make_unique<Recorder>();
    for (int i = 0; i < n; i++) r->add(ref(tensors[i]), true);
    r->inputs = inputs;
    r->given = n;
    r->callback = at::addThreadLocalCallback(
        at::RecordFunctionCallback(on_start, on_end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}));
    *out = current = r.release();
  })
}

void fl_record_end(void *recorder) {
  at::removeCallback(static_cast<Recorder *>(recorder)->callback);
  current = nullptr;
}

void fl_record_free(void *recorder) { delete static_cast<Recorder *>(recorder); }

int fl_record_operations(void *recorder) { return static_cast<int>(static_cast<Recorder *>(recorder)->operations.size()); }

int fl_record_values(void *recorder) { return static_cast<int>(static_cast<Recorder *>(recorder)->values.size()); }

int64_t fl_record_number(void *recorder, void *tensor) { return static_cast<Recorder *>(recorder)->number(ref(tensor)); }

void fl_record_operation(void *recorder, int i, fl_operation *out) {
  const auto &o = static_cast<Recorder *>(recorder)->operations[i];
  *out = {o.name.c_str(), o.fault.c_str(), o.words.data(), o.macs, static_cast<int>(o.words.size())};
}

void fl_record_value(void *recorder, int i, fl_info *out, int *made) {
  const auto &v = static_cast<Recorder *>(recorder)->values[i];
  *out = v.info;
  *made = v.made;
}

void fl_record_fault(const char *what) {
  if (current) current->operations.push_back({"", what});
}
