// The steps of optimizers that libtorch has no fused call for, made of its foreach operations. All parameters of a call have gradients.
#include "environment.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common.h"

using Tensors = std::vector<at::Tensor>;

char *fl_foreach_l2(void **params, int n, double wd) {
  FL_TRY({
    at::NoGradGuard no_grad;
    auto grads = grads_of(params, n), all = list_of(params, n);
    for (int i = 0; i < n; i++) check_like(all[i], grads[i], i, "gradient");
    at::_foreach_add_(grads, all, wd);
  })
}

// Running averages: of the gradients, dampened or not, and of their squares.
static void average(Tensors &avgs, const Tensors &grads, double mom, bool dampened) {
  if (dampened) {
    at::_foreach_lerp_(avgs, grads, at::Scalar(1 - mom));
  } else {
    at::_foreach_mul_(avgs, at::Scalar(mom));
    at::_foreach_add_(avgs, grads);
  }
}

static void average_squares(Tensors &sqrs, const Tensors &grads, double mom) {
  at::_foreach_mul_(sqrs, at::Scalar(mom));
  at::_foreach_addcmul_(sqrs, grads, grads, at::Scalar(1 - mom));
}

// sqrt(sqrs · by) + eps, in memory of its own.
static Tensors roots(const Tensors &sqrs, double by, double eps) {
  Tensors out = by == 1 ? at::_foreach_sqrt(sqrs) : at::_foreach_mul(sqrs, at::Scalar(by));
  if (by != 1) at::_foreach_sqrt_(out);
  if (eps != 0) at::_foreach_add_(out, at::Scalar(eps));
  return out;
}

// The Euclidean norm of each tensor, on the host: one wait for the device.
static std::vector<double> norms(const Tensors &ts) {
  at::Tensor all = at::stack(at::_foreach_norm(ts, 2)).to(at::kCPU, at::kDouble);
  const double *p = all.const_data_ptr<double>();
  return std::vector<double>(p, p + all.numel());
}

// What a step works on; lists that it doesn't have are empty.
struct Lists {
  Tensors params, grads, avgs, sqrs;

  Lists(void **params, void **avgs, void **sqrs, int n)
      : params(list_of(params, n)), grads(step_grads(this->params)), avgs(step_state(avgs, this->params)),
        sqrs(step_state(sqrs, this->params)) {}

  Lists(const Lists &all, const std::vector<size_t> &at) {
    for (size_t i : at) {
      params.push_back(all.params[i]);
      grads.push_back(all.grads[i]);
      if (!all.avgs.empty()) avgs.push_back(all.avgs[i]);
      if (!all.sqrs.empty()) sqrs.push_back(all.sqrs[i]);
    }
  }
};

// Calls f for all parameters at once on a GPU, where this saves launches, and for one after the other on a CPU, whose
// caches then still hold what one operation leaves to the next.
template <typename F>
static void in_turn(const Lists &all, F f) {
  if (!all.params[0].is_cpu()) {
    Lists whole = all;
    f(whole);
    return;
  }
  for (size_t i = 0; i < all.params.size(); i++) {
    Lists one(all, {i});
    f(one);
  }
}

// Adds one to each count, a float on the host, and calls f(count, lists) for the parameters of each count: nearly
// always once, for all of them.
template <typename F>
static void by_step(const Lists &all, void **steps, F f) {
  std::map<double, std::vector<size_t>> at;
  for (auto &t : step_counts(steps, static_cast<int>(all.params.size()))) TORCH_CHECK(t.is_cpu(), "a step is not on the CPU");
  for (size_t i = 0; i < all.params.size(); i++) at[++*ref(steps[i]).mutable_data_ptr<float>()].push_back(i);
  for (auto &[step, places] : at) f(step, Lists(all, places));
}

// Moves each parameter by its own multiple of a step.
static void move(Tensors &params, Tensors &steps, const std::vector<double> &by) {
  if (by.size() == 1) {
    at::_foreach_add_(params, steps, by[0]);
  } else {
    at::_foreach_add_(params, at::_foreach_mul(steps, std::vector<at::Scalar>(by.begin(), by.end())));
  }
}

char *fl_rmsprop(void **params, void **avgs, void **sqrs, int n, double lr, double mom, double sqr_mom, double eps) {
  FL_TRY({
    at::NoGradGuard no_grad;
    in_turn(Lists(params, avgs, sqrs, n), [&](Lists &l) {
      if (avgs) average(l.avgs, l.grads, mom, false);
      average_squares(l.sqrs, l.grads, sqr_mom);
      at::_foreach_addcdiv_(l.params, avgs ? l.avgs : l.grads, roots(l.sqrs, 1, eps), at::Scalar(-lr));
    });
  })
}

char *fl_radam(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
               double eps, double beta) {
  FL_TRY({
    at::NoGradGuard no_grad;
    by_step(Lists(params, avgs, sqrs, n), steps, [&](double step, Lists all) {
      double debias = 1 - std::pow(mom, step), debias_sqr = 1 - std::pow(sqr_mom, step);
      double r_inf = 2 / (1 - sqr_mom) - 1;
      double r = r_inf - 2 * step * (1 - debias_sqr) / debias_sqr;
      double v = std::sqrt((r - 4) * (r - 2) * r_inf / ((r_inf - 4) * (r_inf - 2) * r));
      if (r > 5 && beta == 0) {  // Adam's step with another rate
        at::Tensor count = at::full({}, step, all.params[0].options().dtype(at::kFloat));
        at::_fused_adamw_(all.params, all.grads, all.avgs, all.sqrs, {}, Tensors(all.params.size(), count), lr * v,
                          mom, sqr_mom, /*weight_decay=*/0, eps, /*amsgrad=*/false, /*maximize=*/false, {}, {});
        return;
      }
      in_turn(all, [&](Lists &l) {
        average(l.avgs, l.grads, mom, true);
        average_squares(l.sqrs, l.grads, sqr_mom);
        if (r <= 5) {
          at::_foreach_add_(l.params, l.avgs, -lr / debias);
          return;
        }
        Tensors by = roots(l.sqrs, 1 / debias_sqr, eps);
        for (auto &t : by) at::softplus_out(t, t, beta);  // it has no foreach
        at::_foreach_addcdiv_(l.params, l.avgs, by, at::Scalar(-lr * v / debias));
      });
    });
  })
}

char *fl_qhadam(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
                double nu1, double nu2, double eps) {
  FL_TRY({
    at::NoGradGuard no_grad;
    by_step(Lists(params, avgs, sqrs, n), steps, [&](double step, Lists all) {
      double debias = 1 - std::pow(mom, step), debias_sqr = 1 - std::pow(sqr_mom, step);
      in_turn(all, [&](Lists &l) {
        average(l.avgs, l.grads, mom, true);
        average_squares(l.sqrs, l.grads, sqr_mom);
        Tensors down = at::_foreach_mul(l.sqrs, at::Scalar(nu2 / debias_sqr));
        if (nu2 != 1) at::_foreach_addcmul_(down, l.grads, l.grads, at::Scalar(1 - nu2));
        at::_foreach_sqrt_(down);
        at::_foreach_add_(down, at::Scalar(eps));
        at::_foreach_addcdiv_(l.params, l.avgs, down, at::Scalar(-lr * nu1 / debias));
        if (nu1 != 1) at::_foreach_addcdiv_(l.params, l.grads, down, at::Scalar(-lr * (1 - nu1)));
      });
    });
  })
}

char *fl_lamb(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
              double eps) {
  FL_TRY({
    at::NoGradGuard no_grad;
    by_step(Lists(params, avgs, sqrs, n), steps, [&](double step, Lists all) {
      double debias = 1 - std::pow(mom, step), debias_sqr = 1 - std::pow(sqr_mom, step);
      in_turn(all, [&](Lists &l) {
        average(l.avgs, l.grads, mom, true);
        average_squares(l.sqrs, l.grads, sqr_mom);
        Tensors steps = roots(l.sqrs, 1 / debias_sqr, eps);
        at::_foreach_reciprocal_(steps);
        at::_foreach_mul_(steps, l.avgs);
        std::vector<double> size = norms(l.params), step_size = norms(steps), by;
        for (size_t i = 0; i < size.size(); i++) {
          double trust = size[i] == 0 || step_size[i] == 0 ? 1 : std::min(size[i] / (step_size[i] / debias), 10.0);
          by.push_back(-lr * trust / debias);
        }
        move(l.params, steps, by);
      });
    });
  })
}

char *fl_larc(void **params, void **avgs, int n, double lr, double mom, double trust, double wd, double eps, int clip) {
  FL_TRY({
    at::NoGradGuard no_grad;
    in_turn(Lists(params, avgs, nullptr, n), [&](Lists &l) {
      if (avgs) average(l.avgs, l.grads, mom, false);
      std::vector<double> size = norms(l.params), slope = norms(l.grads), by;
      for (size_t i = 0; i < size.size(); i++) {
        double local = lr * trust * size[i] / (slope[i] + size[i] * wd + eps);
        by.push_back(-(clip ? std::min(lr, local) : local));
      }
      move(l.params, avgs ? l.avgs : l.grads, by);
    });
  })
}

char *fl_lookahead(void **params, void **slow, int n, double alpha) {
  FL_TRY({
    at::NoGradGuard no_grad;
    Tensors fast = list_of(params, n), kept = list_of(slow, n);
    for (int i = 0; i < n; i++) check_like(fast[i], kept[i], i, "slow copy");
    at::_foreach_lerp_(kept, fast, at::Scalar(alpha));
    at::_foreach_copy_(fast, kept);
  })
}
