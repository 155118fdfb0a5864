// Gradients, grad mode and autocast.
#include "environment.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "common.h"

char *fl_backward(void *t, void *gradient, int retain_graph, int create_graph) {
  FL_TRY({
    at::Tensor g;
    if (gradient) g = ref(gradient);
    torch::autograd::backward({ref(t)}, {g}, retain_graph != 0, create_graph != 0);
  })
}

char *fl_grad(void *t, void **out) {
  FL_TRY({
    const at::Tensor &g = ref(t).grad();
    *out = g.defined() ? give(g) : nullptr;
  })
}

char *fl_set_grad(void *t, void *grad) { FL_TRY({ ref(t).mutable_grad() = grad ? ref(grad) : at::Tensor(); }) }

int fl_grad_enabled(void) { return at::GradMode::is_enabled(); }

static at::DeviceType type_of(int cuda) { return cuda < 0 ? at::kCPU : at::kCUDA; }

char *fl_autocast_enter(int cuda, int enabled, int dtype, int *was_enabled, int *was_dtype) {
  FL_TRY({
    auto type = type_of(cuda);
    *was_enabled = at::autocast::is_autocast_enabled(type);
    *was_dtype = static_cast<int>(at::autocast::get_autocast_dtype(type));
    at::autocast::set_autocast_enabled(type, enabled != 0);
    if (enabled) at::autocast::set_autocast_dtype(type, dtype_of(dtype));
    at::autocast::increment_nesting();
  })
}

char *fl_autocast_leave(int cuda, int was_enabled, int was_dtype) {
  FL_TRY({
    auto type = type_of(cuda);
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type, was_enabled != 0);
    at::autocast::set_autocast_dtype(type, dtype_of(was_dtype));
  })
}
