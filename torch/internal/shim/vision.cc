// Pictures on the CPU, one a call, on whatever thread decodes them.
#include "environment.h"

#include <ATen/Parallel.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/core/grad_mode.h>

#include <dlfcn.h>

#include "common.h"

namespace {

// While it lives, operations of the calling thread run on it alone, as decoding ones
// should: otherwise libtorch begins a team of threads for each of them. (c10's
// ParallelGuard does not stop OpenMP's teams, and at::set_num_threads is the whole
// process's.)
class OneThread {
  using Set = void (*)(int);
  const Set set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  const int before = at::get_num_threads(); // which also settles the thread's number

public:
  OneThread() {
    if (set) set(1);
  }
  ~OneThread() {
    if (set) set(before);
  }
};

} // namespace

// Resizes the crop (x, y, cw, ch) of an H×W×C picture to dh×dw×C, as PIL's BILINEAR:
// antialiased.
char *fl_resize_u8(uint8_t *src, int h, int w, int c, int x, int y, int cw, int ch, uint8_t *dst, int dh, int dw) {
  FL_TRY({
    OneThread alone;
    at::NoGradGuard no_grad;
    auto bytes = at::TensorOptions().dtype(at::kByte);
    at::Tensor in = at::from_blob(src, {1, h, w, c}, bytes).permute({0, 3, 1, 2});
    in = in.narrow(2, y, ch).narrow(3, x, cw);
    at::Tensor out = at::_upsample_bilinear2d_aa(in.contiguous(at::MemoryFormat::ChannelsLast), {dh, dw}, false);
    at::from_blob(dst, {1, dh, dw, c}, bytes).copy_(out.permute({0, 2, 3, 1}));
  })
}
