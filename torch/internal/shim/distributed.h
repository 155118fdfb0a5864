// The C interface of libtorch's c10d: process groups, collectives and the reducer of gradients.
// The rules are those of shim.h.
#ifndef FASTLEARN_DISTRIBUTED_H
#define FASTLEARN_DISTRIBUTED_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A group of processes that talk through gloo, with nccl about tensors on GPUs through NCCL. They find each
// other through a TCPStore at host:port, which own_store has the process of rank 0 serve; else another program
// does. The name is of this group alone, among all that meet in the store. interfaces may be empty, or names
// that are parted by commas.
char *fl_group_new(void **out, const char *host, int port, int own_store, int rank, int size, int64_t timeout_ms,
                   const char *name, const char *interfaces, int nccl);
void fl_group_free(void *g);

// Collectives, each waited for. op is c10d's ReduceOp.
char *fl_group_all_reduce(void *g, void *t, int op);
char *fl_group_broadcast(void *g, void *t, int src);
char *fl_group_broadcast_coalesced(void *g, void **ts, int n, int src);
char *fl_group_all_gather(void *g, void *t, void **outs);
char *fl_group_barrier(void *g);

// c10d's Reducer, which DistributedDataParallel is made of.
char *fl_reducer_new(void **out, void *g, void **params, int n, int64_t bucket_bytes, int64_t first_bucket_bytes,
                     int find_unused);
char *fl_reducer_before_forward(void *r);
char *fl_reducer_before_backward(void *r, void *loss);
char *fl_reducer_buckets(void *r, int *n);
void fl_reducer_free(void *r);

#ifdef __cplusplus
}
#endif
#endif
