// What calls back into Go from a backward pass.
#pragma once
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

// Go's functions are handles of runtime/cgo, which flForget deletes when nothing holds them.
char *fl_register_hook(void *t, uintptr_t id);
char *fl_retain_grad(void *t);
char *fl_checkpoint(void **out, void *x, void *y, uintptr_t id);

char *fl_inference_enter(void **guard);
void fl_inference_leave(void *guard);

#ifdef __cplusplus
}
#endif
