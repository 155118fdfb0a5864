// Processes that train together: libtorch's c10d with gloo, and on GPUs with NCCL.
#include "environment.h"

#include "distributed.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <limits>
#include <sstream>
#include <stdexcept>

#include "common.h"
#include "gloo.h"
#include "nccl.h"

namespace {

using Group = c10::intrusive_ptr<c10d::ProcessGroup>;

Group &group_of(void *g) { return *static_cast<Group *>(g); }
c10d::Reducer &reducer_of(void *r) { return *static_cast<c10d::Reducer *>(r); }

// A tensor's memory as bytes, which every backend carries whatever the type is.
at::Tensor bytes_of(const at::Tensor &t) { return t.reshape({-1}).view(at::kByte); }

// Refuses what would have the processes wait for each other in vain: another number of processes in one of them, or one
// rank twice. Rank 0, whose store it is, asks all others, and these ask it.
void check_meeting(c10d::Store &store, int rank, int size) {
  auto key = [](int r) { return "world_size/" + std::to_string(r); };
  if (store.add("rank/" + std::to_string(rank), 1) > 1)
    throw std::runtime_error("another process has rank " + std::to_string(rank) + ", too");
  store.set(key(rank), std::to_string(size));
  for (int r = 0; r < (rank == 0 ? size : 1); r++) {
    auto text = store.get(key(r));
    std::string other(text.begin(), text.end());
    if (other != std::to_string(size))
      throw std::runtime_error("WORLD_SIZE is " + std::to_string(size) + " here and " + other + " in the process of rank " +
                               std::to_string(r));
  }
}

}  // namespace

char *fl_group_new(void **out, const char *host, int port, int own_store, int rank, int size, int64_t timeout_ms,
                   const char *name, const char *interfaces, int nccl) {
  FL_TRY({
    std::chrono::milliseconds timeout(timeout_ms);
    c10d::TCPStoreOptions where;
    where.port = static_cast<uint16_t>(port);
    where.isServer = own_store && rank == 0;
    where.numWorkers = static_cast<size_t>(size);
    where.multiTenant = true;
    where.timeout = timeout;
    auto tcp = c10::make_intrusive<c10d::TCPStore>(std::string(host), where);
    auto store = c10::make_intrusive<c10d::PrefixStore>(std::string(name), tcp);
    if (own_store) check_meeting(*store, rank, size);  // torchrun tells all the same, and its store may know earlier processes

    auto options = c10::make_intrusive<c10d::ProcessGroupGloo::Options>(timeout);
    std::istringstream names(interfaces);
    for (std::string one; std::getline(names, one, ',');)
      options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(one, false));
    if (options->devices.empty()) options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice(false));
    options->threads = static_cast<int>(2 * options->devices.size());
    auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);

    auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, size);
    group->setBackend(at::kCPU, c10d::ProcessGroup::GLOO, gloo);
    if (nccl)
      group->setBackend(at::kCUDA, c10d::ProcessGroup::NCCL, new_nccl(store, rank, size, timeout));
    else
      group->setBackend(at::kCUDA, c10d::ProcessGroup::GLOO, gloo);
    *out = new Group(group);
  })
}

void fl_group_free(void *g) {
  try {
    group_of(g)->shutdown();
  } catch (...) {  // of connections that are broken already
  }
  delete &group_of(g);
}

char *fl_group_all_reduce(void *g, void *t, int op) {
  FL_TRY({
    at::NoGradGuard no_grad;
    at::Tensor whole = ref(t).detach().contiguous();
    std::vector<at::Tensor> list{whole};
    c10d::AllreduceOptions options;
    options.reduceOp = static_cast<c10d::ReduceOp::RedOpType>(op);
    group_of(g)->allreduce(list, options)->wait();
    if (!whole.is_alias_of(ref(t))) ref(t).detach().copy_(whole);
  })
}

char *fl_group_broadcast(void *g, void *t, int src) {
  FL_TRY({
    at::NoGradGuard no_grad;
    at::Tensor whole = ref(t).detach().contiguous();
    std::vector<at::Tensor> list{bytes_of(whole)};
    c10d::BroadcastOptions options;
    options.rootRank = src;
    group_of(g)->broadcast(list, options)->wait();
    if (!whole.is_alias_of(ref(t))) ref(t).detach().copy_(whole);
  })
}

char *fl_group_broadcast_coalesced(void *g, void **ts, int n, int src) {
  FL_TRY({
    at::NoGradGuard no_grad;
    std::vector<at::Tensor> list;
    for (auto &t : list_of(ts, n)) list.push_back(t.detach());
    c10d::broadcast_coalesced(group_of(g), list, 250 << 20, src);
  })
}

char *fl_group_all_gather(void *g, void *t, void **outs) {
  FL_TRY({
    at::NoGradGuard no_grad;
    at::Tensor mine = ref(t).detach().contiguous();
    std::vector<at::Tensor> all;
    std::vector<std::vector<at::Tensor>> bytes(1);
    for (int i = 0; i < group_of(g)->getSize(); i++) {
      all.push_back(at::empty_like(mine));
      bytes[0].push_back(bytes_of(all.back()));
    }
    std::vector<at::Tensor> in{bytes_of(mine)};
    group_of(g)->allgather(bytes, in)->wait();
    for (size_t i = 0; i < all.size(); i++) outs[i] = give(all[i]);
  })
}

char *fl_group_barrier(void *g) { FL_TRY({ group_of(g)->barrier()->wait(); }) }

// As DistributedDataParallel does it: the first step has one bucket where every parameter is
// used, and then buckets in the order in which the gradients were ready.
char *fl_reducer_new(void **out, void *g, void **params, int n, int64_t bucket_bytes, int64_t first_bucket_bytes,
                     int find_unused) {
  FL_TRY({
    auto all = list_of(params, n);
    c10d::verify_params_across_processes(group_of(g), all, {});
    std::vector<bool> sparse(n, false);
    std::vector<size_t> limits{std::numeric_limits<size_t>::max()};
    if (find_unused) limits = {static_cast<size_t>(first_bucket_bytes), static_cast<size_t>(bucket_bytes)};
    std::vector<std::vector<size_t>> buckets;
    std::tie(buckets, std::ignore) = c10d::compute_bucket_assignment_by_size(all, limits, sparse, {}, {});
    std::reverse(buckets.begin(), buckets.end());
    *out = new c10d::Reducer(all, buckets, group_of(g), sparse, bucket_bytes, find_unused != 0,
                             /*gradient_as_bucket_view=*/false, {}, first_bucket_bytes,
                             /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false, {});
  })
}

char *fl_reducer_before_forward(void *r) {
  FL_TRY({
    reducer_of(r).prepare_for_forward();
    reducer_of(r).rebuild_buckets();
  })
}

char *fl_reducer_before_backward(void *r, void *loss) { FL_TRY({ reducer_of(r).prepare_for_backward({ref(loss)}); }) }

char *fl_reducer_buckets(void *r, int *n) {
  FL_TRY({ *n = static_cast<int>(reducer_of(r).get_grad_buckets(true).size()); })
}

void fl_reducer_free(void *r) {
  try {
    delete &reducer_of(r);
  } catch (...) {  // of hooks that are gone already
  }
}
