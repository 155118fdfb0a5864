// The C interface of fastlearn's own C++: what gotch's bindings lack.
//
// Every function returns NULL, or a message in malloc'ed memory that the caller
// frees: an error never waits in a thread-local slot. Tensors travel as void*,
// which is gotch's at::Tensor*; a tensor written to `out` belongs to the caller.
#ifndef FASTLEARN_SHIM_H
#define FASTLEARN_SHIM_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FL_MAX_DIMS 16

typedef struct {
  int32_t dtype, cuda, requires_grad, ndim, contiguous, channels_last, is_leaf;
  int64_t numel;
  int64_t sizes[FL_MAX_DIMS], strides[FL_MAX_DIMS];
} fl_info;

// tensors
char *fl_tensor_info(void *t, fl_info *out);
char *fl_from_data(void **out, const void *data, const int64_t *sizes, int ndim, int dtype, int cuda);
char *fl_empty_pinned(void **out, const int64_t *sizes, int ndim, int dtype);
char *fl_from_blob(void **out, void *data, const int64_t *sizes, const int64_t *strides, int ndim, int dtype, uintptr_t owner);
char *fl_to_host(void *t, void *dst, size_t nbytes);
char *fl_item(void *t, double *out);
char *fl_item_int(void *t, int64_t *out);
char *fl_to(void **out, void *t, int dtype, int cuda, int memory_format, int non_blocking, int copy);
char *fl_copy_(void *dst, void *src, int non_blocking);
char *fl_set_requires_grad(void *t, int on);
char *fl_storage(void *t, void **data, size_t *nbytes, int64_t *offset);
char *fl_storage_move(void *t, void *memory, uintptr_t owner); // copies t's storage there, and has it be there
char *fl_storage_owner(void *t, uintptr_t *owner);             // of memory that isn't libtorch's; 0: it is
char *fl_hold(void *t, void **hold); // keeps t's memory, whoever lets go of it, until fl_unhold
void fl_unhold(void *hold);

// arithmetic with a number, without boxing a Scalar
char *fl_add_scalar(void **out, void *t, double v, int integral, int in_place);
char *fl_mul_scalar(void **out, void *t, double v, int integral, int in_place);

// autograd
char *fl_backward(void *t, void *gradient, int retain_graph, int create_graph);
char *fl_grad(void *t, void **out);
char *fl_set_grad(void *t, void *grad);
int fl_grad_enabled(void);

// lists of tensors; where skip isn't NULL and the number in it, a float32 on their device, is 1, nothing changes
char *fl_zero_grads(void **ts, int n, int set_to_none);
char *fl_unscale_grads(void **ts, int n, void *scale, void *found_inf); // float32 numbers on the gradients' device
char *fl_foreach_mul(void **ts, int n, double v, void *skip);
char *fl_has_grad(void **ts, int n, char *out);
char *fl_fused_adamw(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double beta1,
                     double beta2, double wd, double eps, void *skip);
char *fl_fused_sgd(void **params, void **bufs, int n, double lr, double momentum, void *skip);

// optimizers; avgs may be NULL for no momentum, steps are floats on the host
char *fl_foreach_l2(void **params, int n, double wd);
char *fl_rmsprop(void **params, void **avgs, void **sqrs, int n, double lr, double mom, double sqr_mom, double eps);
char *fl_radam(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
               double eps, double beta);
char *fl_qhadam(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
                double nu1, double nu2, double eps);
char *fl_lamb(void **params, void **avgs, void **sqrs, void **steps, int n, double lr, double mom, double sqr_mom,
              double eps);
char *fl_larc(void **params, void **avgs, int n, double lr, double mom, double trust, double wd, double eps, int clip);
char *fl_lookahead(void **params, void **slow, int n, double alpha);

// autocast
char *fl_autocast_enter(int cuda, int enabled, int dtype, int *was_enabled, int *was_dtype);
char *fl_autocast_leave(int cuda, int was_enabled, int was_dtype);

// random numbers
char *fl_manual_seed(uint64_t seed);
char *fl_rng_state(void **out, int cuda);
char *fl_set_rng_state(void *state, int cuda);
char *fl_normal_seeded(void *t, double mean, double std, uint64_t seed);

// process
int fl_num_threads(void);
char *fl_set_num_threads(int n);
char *fl_load_cuda(int *driver, int *loaded);
char *fl_versions(char **torch_version, char **cpu_capability, char **library);
int fl_cuda_device_count(void);
char *fl_cuda_device_name(int i, char **name);
char *fl_cuda_synchronize(void);
char *fl_cuda_memory(int cuda, int64_t *allocated, int64_t *reserved);

// pictures
char *fl_resize_u8(uint8_t *src, int h, int w, int c, int x, int y, int cw, int ch, uint8_t *dst, int dh, int dw);

#ifdef __cplusplus
}
#endif
#endif
