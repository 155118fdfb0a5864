// One call for a whole list of tensors: what an optimizer needs.
#include "environment.h"

#include <ATen/core/grad_mode.h>

#include "common.h"

char *fl_zero_grads(void **ts, int n, int set_to_none) {
  FL_TRY({
    at::NoGradGuard no_grad;
    std::vector<at::Tensor> grads;
    for (int i = 0; i < n; i++) {
      at::Tensor &g = ref(ts[i]).mutable_grad();
      if (!g.defined()) continue;
      if (set_to_none) g.reset();
      else grads.push_back(g.detach());
    }
    if (!grads.empty()) at::_foreach_zero_(grads);
  })
}

char *fl_has_grad(void **ts, int n, char *out) {
  FL_TRY({
    for (int i = 0; i < n; i++) out[i] = ref(ts[i]).grad().defined();
  })
}

char *fl_unscale_grads(void **ts, int n, void *scale, void *found_inf) {
  FL_TRY({
    at::NoGradGuard no_grad;
    std::vector<at::Tensor> grads;
    for (auto &g : grads_of(ts, n)) {
      if (g.defined()) grads.push_back(g);
    }
    ref(found_inf).zero_();
    if (!grads.empty())
      at::_amp_foreach_non_finite_check_and_unscale_(grads, ref(found_inf), ref(scale).to(at::kDouble).reciprocal().to(at::kFloat));
  })
}

static std::optional<at::Tensor> optional(void *t) { return t ? std::optional(ref(t)) : std::nullopt; }

char *fl_foreach_mul(void **ts, int n, double v, void *skip) {
  FL_TRY({
    at::NoGradGuard no_grad;
    auto all = list_of(ts, n);
    if (!skip) {
      at::_foreach_mul_(all, at::Scalar(v));
    } else {  // a step of SGD whose gradients are the tensors themselves
      for (int i = 0; i < n; i++) check_dense(all[i], i);
      at::_fused_sgd_(all, all, {}, /*weight_decay=*/0, /*momentum=*/0, /*lr=*/1 - v, /*dampening=*/0,
                      /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false, {}, ref(skip));
    }
  })
}

// The fused steps write to parameters without counting it, as all other operations do: see Tensor._version.
static void written(const std::vector<at::Tensor> &ts) {
  for (auto &t : ts) t.unsafeGetTensorImpl()->bump_version();
}

char *fl_fused_adamw(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double beta1,
                     double beta2, double wd, double eps, void *skip) {
  FL_TRY({
    at::NoGradGuard no_grad;
    auto step = step_counts(steps, n), all = list_of(params, n), grads = step_grads(all), avg = step_state(avgs, all),
         sqr = step_state(sqrs, all);
    at::_foreach_add_(step, at::Scalar(1));
    at::_fused_adamw_(all, grads, avg, sqr, {}, step, lr, beta1, beta2, wd, eps, /*amsgrad=*/false, /*maximize=*/false,
                      {}, optional(skip));
    if (skip) at::_foreach_sub_(step, std::vector<at::Tensor>(n, ref(skip)));
    written(all);
  })
}

char *fl_fused_sgd(void **params, void **bufs, int n, double lr, double momentum, void *skip) {
  FL_TRY({
    at::NoGradGuard no_grad;
    auto all = list_of(params, n);
    TORCH_CHECK(bufs || momentum == 0, "momentum ", momentum, " needs buffers");
    at::_fused_sgd_(all, step_grads(all), step_state(bufs, all), /*weight_decay=*/0, momentum, lr,
                    /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false, {}, optional(skip));
    written(all);
  })
}
