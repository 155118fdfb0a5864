// Hooks of gradients, activation checkpoints and the inference mode.
#include "environment.h"

#include <ATen/core/ivalue.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "callback.h"
#include "common.h"

extern "C" {
// Of callback.go: it takes the argument, and gives a result that may be null, or a message.
char *flCall(uintptr_t id, void *argument, void **result);
void flForget(uintptr_t id);
}

namespace {

// A function of Go's; the last copy's end is its end.
struct Callback : torch::CustomClassHolder {
  uintptr_t id;
  explicit Callback(uintptr_t id) : id(id) {}
  ~Callback() override { flForget(id); }

  at::Tensor call(const at::Tensor &x) const {
    void *out = nullptr;
    if (char *msg = flCall(id, give(x), &out)) {
      std::string text(msg);
      free(msg);
      throw std::runtime_error(text);
    }
    if (!out) return at::Tensor();
    at::Tensor y = ref(out);
    delete static_cast<at::Tensor *>(out);
    return y;
  }
};

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// y was computed of x without a graph; the backward pass computes it again, with one. The anchor requires gradients, so that
// there is a node where x does not.
struct Checkpoint : torch::autograd::Function<Checkpoint> {
  static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x, const at::Tensor &anchor, const at::Tensor &y,
                            const c10::intrusive_ptr<Callback> &f) {
    ctx->save_for_backward({x});
    ctx->saved_data["f"] = c10::IValue::make_capsule(f);
    return y.detach();
  }

  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    auto f = c10::static_intrusive_pointer_cast<Callback>(ctx->saved_data["f"].toCapsule());
    auto x = ctx->get_saved_variables()[0];
    at::Tensor again = x.detach();
    {
      at::AutoGradMode on(true);
      if (x.requires_grad()) again.requires_grad_();
      torch::autograd::backward({f->call(again)}, {grads[0]});
    }
    return {again.grad(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

char *fl_register_hook(void *t, uintptr_t id) {
  auto f = c10::make_intrusive<Callback>(id);
  FL_TRY({ ref(t).register_hook([f](const at::Tensor &g) { return f->call(g); }); })
}

char *fl_retain_grad(void *t) { FL_TRY({ ref(t).retain_grad(); }) }

char *fl_checkpoint(void **out, void *x, void *y, uintptr_t id) {
  auto f = c10::make_intrusive<Callback>(id);
  FL_TRY({
    at::Tensor anchor = at::zeros({}).requires_grad_();
    *out = give(Checkpoint::apply(ref(x), anchor, ref(y), f));
  })
}

char *fl_inference_enter(void **guard) { FL_TRY({ *guard = new c10::InferenceMode(true); }) }
void fl_inference_leave(void *guard) { delete static_cast<c10::InferenceMode *>(guard); }
