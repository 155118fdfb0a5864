// The steps of optimizers that libtorch has no fused call for, made of its foreach operations: one kernel for many
// tensors on a GPU. All parameters of a call have gradients.
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common.h"

using Tensors = std::vector<at::Tensor>;

char *fl_foreach_l2(void **params, int n, double wd) {
  FL_TRY({
    at::NoGradGuard no_grad;
    at::_foreach_add_(grads_of(params, n), list_of(params, n), wd);
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
  Tensors out = at::_foreach_mul(sqrs, at::Scalar(by));
  at::_foreach_sqrt_(out);
  if (eps != 0) at::_foreach_add_(out, at::Scalar(eps));
  return out;
}

// The Euclidean norm of each tensor, on the host: one wait for the device.
static std::vector<double> norms(const Tensors &ts) {
  at::Tensor all = at::stack(at::_foreach_norm(ts, 2, at::kDouble)).cpu();
  const double *p = all.const_data_ptr<double>();
  return std::vector<double>(p, p + all.numel());
}

static std::vector<at::Scalar> scalars(const std::vector<double> &values) {
  return std::vector<at::Scalar>(values.begin(), values.end());
}

// What a step works on.
struct Lists {
  Tensors params, grads, avgs, sqrs;

  Lists pick(const std::vector<int> &at) const {
    Lists out;
    for (int i : at) {
      out.params.push_back(params[i]);
      out.grads.push_back(grads[i]);
      out.avgs.push_back(avgs[i]);
      out.sqrs.push_back(sqrs[i]);
    }
    return out;
  }
};

// Adds one to each count, a float on the host, and calls f(count, lists) for the parameters of each count: nearly
// always once, for all of them.
template <typename F>
static void by_step(void **params, void **avgs, void **sqrs, void **steps, int n, F f) {
  Lists all{list_of(params, n), grads_of(params, n), list_of(avgs, n), list_of(sqrs, n)};
  std::map<double, std::vector<int>> at;
  for (int i = 0; i < n; i++) at[++*ref(steps[i]).mutable_data_ptr<float>()].push_back(i);
  for (auto &[step, places] : at) {
    Lists some = at.size() == 1 ? std::move(all) : all.pick(places);
    f(step, some);
  }
}

char *fl_rmsprop(void **params, void **avgs, void **sqrs, int n, double lr, double mom, double sqr_mom, double eps) {
  FL_TRY({
    at::NoGradGuard no_grad;
    Tensors p = list_of(params, n), g = grads_of(params, n), sqr = list_of(sqrs, n);
    Tensors by = g;
    if (avgs) {
      by = list_of(avgs, n);
      average(by, g, mom, false);
    }
    average_squares(sqr, g, sqr_mom);
    at::_foreach_addcdiv_(p, by, roots(sqr, 1, eps), at::Scalar(-lr));
  })
}

char *fl_radam(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
               double eps, double beta) {
  FL_TRY({
    at::NoGradGuard no_grad;
    by_step(params, avgs, sqrs, steps, n, [&](double step, Lists &l) {
      double debias = 1 - std::pow(mom, step), debias_sqr = 1 - std::pow(sqr_mom, step);
      double r_inf = 2 / (1 - sqr_mom) - 1;
      double r = r_inf - 2 * step * (1 - debias_sqr) / debias_sqr;
      double v = std::sqrt((r - 4) * (r - 2) * r_inf / ((r_inf - 4) * (r_inf - 2) * r));
      if (r > 5 && beta == 0) {  // Adam's step with another rate
        at::Tensor count = at::full({}, step, l.params[0].options().dtype(at::kFloat));
        at::_fused_adamw_(l.params, l.grads, l.avgs, l.sqrs, {}, Tensors(l.params.size(), count), lr * v, mom, sqr_mom,
                          /*weight_decay=*/0, eps, /*amsgrad=*/false, /*maximize=*/false, {}, {});
        return;
      }
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
  })
}

char *fl_qhadam(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
                double nu1, double nu2, double eps) {
  FL_TRY({
    at::NoGradGuard no_grad;
    by_step(params, avgs, sqrs, steps, n, [&](double step, Lists &l) {
      average(l.avgs, l.grads, mom, true);
      average_squares(l.sqrs, l.grads, sqr_mom);
      Tensors up = at::_foreach_mul(l.avgs, at::Scalar(nu1 / (1 - std::pow(mom, step))));
      if (nu1 != 1) at::_foreach_add_(up, l.grads, 1 - nu1);
      Tensors down = at::_foreach_mul(l.sqrs, at::Scalar(nu2 / (1 - std::pow(sqr_mom, step))));
      if (nu2 != 1) at::_foreach_addcmul_(down, l.grads, l.grads, at::Scalar(1 - nu2));
      at::_foreach_sqrt_(down);
      at::_foreach_add_(down, at::Scalar(eps));
      at::_foreach_addcdiv_(l.params, up, down, at::Scalar(-lr));
    });
  })
}

char *fl_lamb(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
              double eps) {
  FL_TRY({
    at::NoGradGuard no_grad;
    by_step(params, avgs, sqrs, steps, n, [&](double step, Lists &l) {
      average(l.avgs, l.grads, mom, true);
      average_squares(l.sqrs, l.grads, sqr_mom);
      double debias = 1 - std::pow(mom, step);
      Tensors move = at::_foreach_div(l.avgs, roots(l.sqrs, 1 / (1 - std::pow(sqr_mom, step)), eps));
      std::vector<double> size = norms(l.params), moved = norms(move), by;
      for (size_t i = 0; i < size.size(); i++) {
        double trust = size[i] == 0 || moved[i] == 0 ? 1 : std::min(size[i] / (moved[i] / debias), 10.0);
        by.push_back(-lr * trust / debias);
      }
      at::_foreach_mul_(move, scalars(by));
      at::_foreach_add_(l.params, move);
    });
  })
}

char *fl_larc(void **params, void **avgs, int n, double lr, double mom, double trust, double wd, double eps, int clip) {
  FL_TRY({
    at::NoGradGuard no_grad;
    Tensors p = list_of(params, n), g = grads_of(params, n);
    Tensors by = g;
    if (avgs) {
      by = list_of(avgs, n);
      average(by, g, mom, false);
    }
    std::vector<double> size = norms(p), slope = norms(g), rates;
    for (int i = 0; i < n; i++) {
      double local = lr * trust * size[i] / (slope[i] + size[i] * wd + eps);
      rates.push_back(-(clip ? std::min(lr, local) : local));
    }
    at::_foreach_add_(p, at::_foreach_mul(by, scalars(rates)));
  })
}

char *fl_lookahead(void **params, void **slow, int n, double alpha) {
  FL_TRY({
    at::NoGradGuard no_grad;
    Tensors fast = list_of(params, n), kept = list_of(slow, n);
    at::_foreach_lerp_(kept, fast, at::Scalar(alpha));
    at::_foreach_copy_(fast, kept);
  })
}
