// Any operation of libtorch's dispatcher, called with boxed values.
#include "environment.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <dlfcn.h>

#include <algorithm>
#include <sstream>

#include "values.h"

namespace {

using c10::IValue;

double as_double(int64_t bits) {
  double v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

at::Tensor tensor_at(int64_t word) { return word ? ref(reinterpret_cast<void *>(word)) : at::Tensor(); }

// Refuses what libtorch takes for granted: it reads beyond its tables for a dtype or a memory format that doesn't exist.
int64_t checked(int64_t v, const c10::Argument &argument) {
  c10::TypePtr type = argument.real_type();
  if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  int64_t end = INT64_MAX;
  if (type->kind() == c10::TypeKind::ScalarTypeType) end = static_cast<int64_t>(c10::ScalarType::NumOptions);
  if (type->kind() == c10::TypeKind::MemoryFormatType) end = static_cast<int64_t>(c10::MemoryFormat::NumOptions);
  if (type->kind() == c10::TypeKind::LayoutType) end = static_cast<int64_t>(c10::Layout::NumOptions);
  TORCH_CHECK(end == INT64_MAX || (v >= 0 && v < end), "argument ", argument.name(), ": there is no ", type->str(), " ", v);
  return v;
}

// Reads tagged arguments.
struct Reader {
  const int64_t *at;
  const char *texts;

  template <typename T, typename Convert> c10::List<T> list(Convert convert) {
    c10::List<T> out;
    for (int64_t n = *at++; n > 0; n--) out.push_back(convert(*at++));
    return out;
  }

  IValue value(const c10::Argument &argument) {
    switch (*at++) {
    case FL_NONE: return IValue();
    case FL_DEFAULT: return argument.default_value().value();
    case FL_TENSOR: return tensor_at(*at++);
    case FL_INT: return checked(*at++, argument);
    case FL_DOUBLE: return as_double(*at++);
    case FL_BOOL: return *at++ != 0;
    case FL_COMPLEX: at += 2; return c10::complex<double>(as_double(at[-2]), as_double(at[-1]));
    case FL_STRING: at += 2; return std::string(texts + at[-1], at[-2]);
    case FL_DEVICE: {
      int64_t index = *at++;
      TORCH_CHECK(index >= -1 && index < 128, "argument ", argument.name(), ": there is no device cuda:", index);
      return device_of(static_cast<int>(index));
    }
    case FL_OBJECT: return *reinterpret_cast<IValue *>(*at++);
    case FL_TENSORS: return list<at::Tensor>(tensor_at);
    case FL_OPTIONALS:
      return list<std::optional<at::Tensor>>(
          [](int64_t w) { return w ? std::optional<at::Tensor>(tensor_at(w)) : std::nullopt; });
    case FL_INTS: return list<int64_t>([](int64_t w) { return w; });
    case FL_DOUBLES: return list<double>(as_double);
    case FL_BOOLS: return list<bool>([](int64_t w) { return w != 0; });
    case FL_LIST: {
      c10::TypePtr type = argument.type();
      if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
      c10::impl::GenericList out(type->expectRef<c10::ListType>().getElementType());
      for (int64_t n = *at++; n > 0; n--) out.push_back(value(argument));
      return out;
    }
    }
    throw std::logic_error("an argument has an unknown tag");
  }
};

// Writes tagged results. A result that the schema writes to is one of the arguments' tensors.
struct Results : Writer {
  std::vector<void *> arguments;

  void tensor(const at::Tensor &t) override {
    for (void *argument : arguments)
      if (t.is_same(ref(argument))) return put(FL_ARGUMENT, reinterpret_cast<int64_t>(argument));
    put(FL_TENSOR, reinterpret_cast<int64_t>(give(t)));
  }

  void object(const IValue &v) override { put(FL_OBJECT, reinterpret_cast<int64_t>(new IValue(v))); }
};

void describe(std::ostream &out, const char *kind, const c10::Argument &a) {
  out << kind << '\t' << a.name() << '\t' << a.real_type()->str() << '\t' << (a.N() ? *a.N() : 0) << '\t' << (a.default_value() ? 1 : 0)
      << '\t' << (a.kwarg_only() ? 1 : 0) << '\n';
}

// Tells whether autograd knows what to do: by a derivative, or since the operation is made of others.
bool has_derivative(const c10::OperatorHandle &op) {
  return op.hasKernelForDispatchKey(c10::DispatchKey::Autograd) ||
         op.hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd) ||
         op.hasKernelForAnyDispatchKey(c10::autograd_dispatch_keyset);
}

} // namespace

// schema's lines hold, between tabs: "argument" or "result", the name, the type, the length of a list of fixed length, whether
// there is a default, whether it is keyword-only. Before them: "derivative" where there is one. The last is the schema as text.
char *fl_op_find(const char *name, const char *overload, void **out, char **schema) {
  FL_TRY({
    *out = nullptr;
    auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!found) return nullptr;
    std::ostringstream text;
    if (has_derivative(*found)) text << "derivative\n";
    for (const auto &a : found->schema().arguments()) describe(text, "argument", a);
    for (const auto &a : found->schema().returns()) describe(text, "result", a);
    text << found->schema();
    *schema = strdup(text.str().c_str());
    *out = new c10::OperatorHandle(*found);
  })
}

char *fl_op_names(const char *name, char **names) {
  FL_TRY({
    std::vector<std::string> found;
    for (const auto &each : c10::Dispatcher::singleton().getAllOpNames())
      if ((!*name || each.name == name) && c10::Dispatcher::singleton().findSchema(each))
        found.push_back(each.name + "." + each.overload_name + "\n");
    std::sort(found.begin(), found.end());
    std::string all;
    for (const auto &each : found) all += each;
    *names = strdup(all.c_str());
  })
}

char *fl_op_call(void *op, const int64_t *args, int nargs, const char *texts, int64_t *results, int words) {
  FL_TRY({
    const auto &handle = *static_cast<c10::OperatorHandle *>(op);
    const auto &schema = handle.schema();
    Results writer;
    Reader reader{args, texts};
    torch::jit::Stack stack;
    stack.reserve(nargs);
    for (int i = 0; i < nargs; i++) {
      const auto &argument = schema.arguments()[i];
      if (*reader.at == FL_TENSOR && argument.alias_info() && argument.alias_info()->isWrite())
        writer.arguments.push_back(reinterpret_cast<void *>(reader.at[1]));
      stack.push_back(reader.value(argument));
    }
    handle.callBoxed(stack);
    for (const auto &v : stack) writer.value(v);
    size_t n = writer.words.size();
    int64_t *to = results;
    if (n > static_cast<size_t>(words)) {
      to = static_cast<int64_t *>(std::malloc(n * sizeof(int64_t)));
      results[0] = -1;
      results[1] = reinterpret_cast<int64_t>(to);
      results[2] = static_cast<int64_t>(n);
    }
    std::copy(writer.words.begin(), writer.words.end(), to);
  })
}

void fl_object_free(void *object) { delete static_cast<IValue *>(object); }

char *fl_load_library(const char *path) {
  FL_TRY({
    if (!dlopen(path, RTLD_NOW | RTLD_GLOBAL)) throw std::runtime_error(dlerror());
  })
}
