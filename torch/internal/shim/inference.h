// The C interface of what inference alone needs; the rules are those of shim.h.
#ifndef FASTLEARN_INFERENCE_H
#define FASTLEARN_INFERENCE_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int fl_has_onednn(void);
// geometry is stride, padding and dilation, two numbers each, and the groups.
char *fl_pack_conv(void **out, void *weight, const int64_t *geometry, const int64_t *input, int ndim);
char *fl_packed_conv(void **out, void *x, void *packed, void *bias, const int64_t *geometry);

// How often the tensor's elements were written in place, by whichever handle; and counting one more.
char *fl_version(void *t, int64_t *out);
char *fl_bump_version(void *t);

// Whether two handles are of one tensor.
int fl_is_same(void *a, void *b);

#ifdef __cplusplus
}
#endif
#endif
