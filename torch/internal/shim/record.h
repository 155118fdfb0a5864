// The C interface of what writes a forward pass down. The rules are those of shim.h.
#ifndef FASTLEARN_RECORD_H
#define FASTLEARN_RECORD_H
#include "shim.h"

#ifdef __cplusplus
extern "C" {
#endif

// Begins to write down this thread's operations. The tensors get the numbers from 0 on; of them those from inputs on are weights.
char *fl_record_begin(void **tensors, int n, int inputs, void **out);
// Ends that, on the same thread. What was written stays until it is freed.
void fl_record_end(void *recorder);
void fl_record_free(void *recorder);
// How many operations were written down, and how many tensors have numbers.
int fl_record_operations(void *recorder);
int fl_record_values(void *recorder);
// The number of a tensor as it is now, -1 where it has none.
int64_t fl_record_number(void *recorder, void *tensor);

// An operation. Its words are op.h's: how many arguments, and these; how many results, and these. Tensors are their numbers. Strings
// are the caller's to free, once.
typedef struct {
  const char *name;  // "aten::relu.", empty for a fault that isn't an operation's
  const char *fault; // why a graph can't hold it; empty where it can
  const int64_t *words;
  int64_t macs;
  int nwords;
} fl_operation;
void fl_record_operation(void *recorder, int i, fl_operation *out);
// What a tensor was when it got its number: its dtype, device and sizes. made is 0 where no operation made it, nor anything said before.
void fl_record_value(void *recorder, int i, fl_info *out, int *made);

#ifdef __cplusplus
}
// Notes that this thread did with a tensor what no graph can hold, where one is being written.
void fl_record_fault(const char *what);
#endif
#endif
