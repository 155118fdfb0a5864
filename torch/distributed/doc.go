// Package distributed has several processes work as one, by libtorch's own c10d with gloo or NCCL,
// with the names of torch.distributed. For training, fastlearn.Distributed does all of it.
//
//	group, err := distributed.Init()
//	if err != nil { … }
//	defer group.Close()
//	err = group.AllReduce(t, distributed.Sum)
//
// # Starting
//
// Each process is told by environment variables who it is, as PyTorch defines them:
//
//	MASTER_ADDR, MASTER_PORT  where the process of rank 0 can be reached
//	WORLD_SIZE                how many processes there are
//	RANK                      which of them this is, 0 … WORLD_SIZE-1
//	LOCAL_RANK                which of them on this machine
//
// torchrun --no-python sets them. GLOO_SOCKET_IFNAME names the network interfaces to use where
// the host's name doesn't lead to the right one.
//
// # Order
//
// Every process must make the same calls in the same order. A call waits for all the others,
// at most for the time-out.
//
// # Errors
//
// When a process ends, the calls of the others fail at once with [ErrPeer]; when it hangs, they
// fail after the time-out with [ErrTimeout]. NCCL doesn't notice that a process has ended: as in PyTorch c10d ends the
// others with a message when the time-out has passed, or makes it an error where TORCH_NCCL_BLOCKING_WAIT
// is 1. The group is of no use after an error: close it, or end
// the process, so that the others needn't wait for it.
//
// # Ownership and threads
//
// Whoever made a group or a reducer closes it. They belong to one goroutine at a time.
package distributed
