package shim

// #include <stdlib.h>
// #include "distributed.h"
import "C"

import (
	"time"
	"unsafe"
)

// Group is a pointer to a process group of c10d.
type Group = unsafe.Pointer

// Reducer is a pointer to c10d's reducer of gradients.
type Reducer = unsafe.Pointer

// NewGroup meets the other processes at host:port and connects with each of them by gloo, on the
// named network interfaces, parted by commas, or on the host name's for none. The group's name is of
// it alone, among all that meet there. ownStore has the process of rank 0 serve the place where they
// meet. With nccl tensors on GPUs go through NCCL.
func NewGroup(host string, port int, ownStore bool, rank, size int, timeout time.Duration, name, interfaces string, nccl bool) (out Group, err error) {
	h, own, names := C.CString(host), C.CString(name), C.CString(interfaces)
	defer C.free(unsafe.Pointer(h))
	defer C.free(unsafe.Pointer(own))
	defer C.free(unsafe.Pointer(names))
	err = check(C.fl_group_new(&out, h, C.int(port), flag(ownStore), C.int(rank), C.int(size), C.int64_t(timeout.Milliseconds()), own, names, flag(nccl)))
	return out, err
}

// GroupFree ends the connections.
func GroupFree(g Group) { C.fl_group_free(g) }

// AllReduce combines t with the others' in place; op is c10d's ReduceOp.
func AllReduce(g Group, t Handle, op int) error {
	return check(C.fl_group_all_reduce(g, t, C.int(op)))
}

// Broadcast gives t the values that it has in process src.
func Broadcast(g Group, t Handle, src int) error {
	return check(C.fl_group_broadcast(g, t, C.int(src)))
}

// BroadcastCoalesced is Broadcast for many tensors in few messages.
func BroadcastCoalesced(g Group, ts []Handle, src int) error {
	p, n := list(ts)
	return check(C.fl_group_broadcast_coalesced(g, p, n, C.int(src)))
}

// AllGather returns every process's t, all of one shape, by rank.
func AllGather(g Group, t Handle, size int) ([]Handle, error) {
	out := make([]Handle, size)
	return out, check(C.fl_group_all_gather(g, t, unsafe.SliceData(out)))
}

// Barrier waits until every process has come to it.
func Barrier(g Group) error { return check(C.fl_group_barrier(g)) }

// NewReducer hangs a reducer on the gradients of params.
func NewReducer(g Group, params []Handle, bucketBytes, firstBucketBytes int64, findUnused bool) (out Reducer, err error) {
	p, n := list(params)
	err = check(C.fl_reducer_new(&out, g, p, n, C.int64_t(bucketBytes), C.int64_t(firstBucketBytes), flag(findUnused)))
	return out, err
}

// ReducerBeforeForward prepares a forward pass that is differentiated.
func ReducerBeforeForward(r Reducer) error { return check(C.fl_reducer_before_forward(r)) }

// ReducerBeforeBackward prepares the backward pass of loss.
func ReducerBeforeBackward(r Reducer, loss Handle) error {
	return check(C.fl_reducer_before_backward(r, loss))
}

// ReducerBuckets is the number of buckets at present.
func ReducerBuckets(r Reducer) (int, error) {
	var n C.int
	err := check(C.fl_reducer_buckets(r, &n))
	return int(n), err
}

// ReducerFree takes the hooks off the gradients.
func ReducerFree(r Reducer) { C.fl_reducer_free(r) }
