// Convolutions whose weights lie in oneDNN's own layout, as torch.compile calls them:
// without it oneDNN lays the weights out anew in each call.
#include "environment.h"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "common.h"
#include "inference.h"

namespace {

using Size = at::IntArrayRef;
using Pack = at::Tensor(const at::Tensor &, Size, Size, Size, int64_t, at::OptionalIntArrayRef);
using Conv = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, Size, Size, Size,
                        int64_t, std::string_view, c10::List<std::optional<at::Scalar>>,
                        std::optional<std::string_view>);

constexpr const char *pack_name = "mkldnn::_reorder_convolution_weight";
constexpr const char *conv_name = "mkldnn::_convolution_pointwise";

} // namespace

int fl_has_onednn(void) {
  try {
    auto &all = c10::Dispatcher::singleton();
    return at::globalContext().hasMKLDNN() && all.findSchema({pack_name, ""}) && all.findSchema({conv_name, ""});
  } catch (...) {
    return 0;
  }
}

char *fl_pack_conv(void **out, void *weight, const int64_t *g, const int64_t *input, int ndim) {
  FL_TRY({
    at::NoGradGuard no_grad;
    static auto op = c10::Dispatcher::singleton().findSchemaOrThrow(pack_name, "").typed<Pack>();
    *out = give(op.call(ref(weight), Size(g + 2, 2), Size(g, 2), Size(g + 4, 2), g[6], Size(input, ndim)));
  })
}

char *fl_packed_conv(void **out, void *x, void *packed, void *bias, const int64_t *g) {
  FL_TRY({
    at::NoGradGuard no_grad;
    static auto op = c10::Dispatcher::singleton().findSchemaOrThrow(conv_name, "").typed<Conv>();
    std::optional<at::Tensor> b;
    if (bias) b = ref(bias);
    *out = give(op.call(ref(x), ref(packed), b, Size(g + 2, 2), Size(g, 2), Size(g + 4, 2), g[6], "none",
                        c10::List<std::optional<at::Scalar>>(), ""));
  })
}

char *fl_version(void *t, int64_t *out) { FL_TRY(*out = ref(t)._version()) }

char *fl_bump_version(void *t) {
  FL_TRY(if (!ref(t).is_inference()) ref(t).unsafeGetTensorImpl()->bump_version())
}

int fl_is_same(void *a, void *b) { return ref(a).is_same(ref(b)); }
