// The C interface of TorchScript modules; the rules are those of shim.h.
#ifndef FASTLEARN_SCRIPT_H
#define FASTLEARN_SCRIPT_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A module is a tree of parts, and each part has slots that hold its parameters and
// buffers. Parts and slots are numbered, parents first.
char *fl_script_load(void **out, int fd, size_t size, int cuda);
void fl_script_free(void *m);
void fl_script_size(void *m, int *parts, int *slots);
char *fl_script_part(void *m, int i, char **name, char **type, int *parent, int *training);
char *fl_script_slot(void *m, int i, int *part, char **name, int *is_buffer, int *same, void **tensor);
char *fl_script_train(void *m, int part, int on);
char *fl_script_sync(void *m, void **tensors, int n);
char *fl_script_forward(void **out, void *m, void *x, void **tensors, int n);
char *fl_script_save(void *m, int fd);

#ifdef __cplusplus
}
#endif
#endif
