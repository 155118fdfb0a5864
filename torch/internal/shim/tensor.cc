// Making, describing, moving and reading tensors.
#include "environment.h"

#include "common.h"
#include "record.h"

char *fl_tensor_info(void *t, fl_info *out) {
  FL_TRY({
    const at::Tensor &x = ref(t);
    TORCH_CHECK(x.defined(), "undefined tensor");
    TORCH_CHECK(x.dim() <= FL_MAX_DIMS, "tensors of more than ", FL_MAX_DIMS, " dimensions are not supported, got ", x.dim());
    out->dtype = static_cast<int32_t>(x.scalar_type());
    out->cuda = x.is_cuda() ? x.get_device() : -1;
    out->requires_grad = x.requires_grad();
    out->is_leaf = x.is_leaf();
    out->ndim = static_cast<int32_t>(x.dim());
    out->numel = x.numel();
    out->contiguous = x.is_contiguous();
    out->channels_last = x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
    for (int i = 0; i < x.dim(); i++) {
      out->sizes[i] = x.size(i);
      out->strides[i] = x.stride(i);
    }
  })
}

char *fl_from_data(void **out, const void *data, const int64_t *sizes, int ndim, int dtype, int cuda) {
  FL_TRY({
    fl_record_fault("a tensor is made of numbers in Go, which a graph would keep for all inputs: make it once, as a parameter or buffer");
    at::Tensor host = at::empty(at::IntArrayRef(sizes, ndim), dtype_of(dtype));
    if (host.numel() > 0) std::memcpy(host.data_ptr(), data, host.nbytes());
    *out = give(cuda < 0 ? host : host.to(device_of(cuda)));
  })
}

char *fl_empty_pinned(void **out, const int64_t *sizes, int ndim, int dtype) {
  FL_TRY({
    *out = give(at::empty(at::IntArrayRef(sizes, ndim), at::TensorOptions(dtype_of(dtype)).pinned_memory(true)));
  })
}

// Defined in Go: lets go of the memory behind a tensor made by fl_from_blob.
extern "C" void flReleaseBlob(uintptr_t owner);

// What a storage's memory is that isn't libtorch's, and what it was before.
struct Blob {
  uintptr_t owner;
  c10::DataPtr before;
  ~Blob() { flReleaseBlob(owner); }
};

static void release_blob(void *blob) { delete static_cast<Blob *>(blob); }

char *fl_from_blob(void **out, void *data, const int64_t *sizes, const int64_t *strides, int ndim, int dtype,
                   uintptr_t owner) {
  FL_TRY({
    fl_record_fault("a tensor is made of memory in Go, which a graph would keep for all inputs: make it once, as a parameter or buffer");
    auto blob = at::for_blob(data, at::IntArrayRef(sizes, ndim));
    blob.context(new Blob{owner, {}}, release_blob);  // released by whatever goes wrong from here on, too
    *out = give(blob.strides(at::IntArrayRef(strides, ndim)).options(dtype_of(dtype)).make_tensor());
  })
}

char *fl_to_host(void *t, void *dst, size_t nbytes) {
  FL_TRY({
    fl_record_fault("the elements of a tensor are read into Go, and what is done with them there can't be seen");
    at::Tensor host = ref(t).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(host.nbytes() == nbytes, "tensor holds ", host.nbytes(), " bytes, the destination ", nbytes);
    if (nbytes > 0) std::memcpy(dst, host.data_ptr(), nbytes);
  })
}

char *fl_item(void *t, double *out) { FL_TRY({ *out = ref(t).item().toDouble(); }) }

char *fl_item_int(void *t, int64_t *out) { FL_TRY({ *out = ref(t).item().toLong(); }) }

// A device has copied from memory that isn't page-locked when the call returns, so the host never waits for it.
static bool needs_no_wait(const at::Tensor &from, at::Device to, bool non_blocking) {
  return non_blocking || (from.is_cpu() && to.is_cuda() && !from.is_pinned());
}

char *fl_to(void **out, void *t, int dtype, int cuda, int memory_format, int non_blocking, int copy) {
  FL_TRY({
    auto to = device_of(cuda);
    auto options = at::TensorOptions(dtype_of(dtype)).device(to);
    *out = give(ref(t).to(options, needs_no_wait(ref(t), to, non_blocking != 0), copy != 0, format_of(memory_format)));
  })
}

char *fl_copy_(void *dst, void *src, int non_blocking) {
  FL_TRY({ ref(dst).copy_(ref(src), needs_no_wait(ref(src), ref(dst).device(), non_blocking != 0)); })
}

char *fl_set_requires_grad(void *t, int on) { FL_TRY({ ref(t).set_requires_grad(on != 0); }) }

char *fl_storage(void *t, void **data, size_t *nbytes, int64_t *offset) {
  FL_TRY({
    fl_record_fault("the memory of a tensor is looked at in Go, and what is done with it there can't be seen");
    const at::Tensor &x = ref(t);
    *data = x.storage().mutable_data();
    *nbytes = x.storage().nbytes();
    *offset = x.storage_offset();
  })
}

char *fl_storage_move(void *t, void *memory, uintptr_t owner) {
  FL_TRY({
    auto blob = new Blob{owner, {}};
    c10::DataPtr moved(memory, blob, release_blob, at::kCPU);
    c10::Storage storage = ref(t).storage();
    std::memcpy(memory, storage.data(), storage.nbytes());
    bool shared = storage.use_count() > 2;  // by more than t and this function: others may look at the old memory
    c10::DataPtr before = storage.set_data_ptr(std::move(moved));
    if (shared) blob->before = std::move(before);
  })
}

char *fl_storage_owner(void *t, uintptr_t *owner) {
  FL_TRY({
    const c10::DataPtr &p = ref(t).storage().data_ptr();
    *owner = p.get_deleter() == release_blob ? static_cast<Blob *>(p.get_context())->owner : 0;
  })
}

char *fl_hold(void *t, void **hold) { FL_TRY({ *hold = new c10::Storage(ref(t).storage()); }) }

void fl_unhold(void *hold) { delete static_cast<c10::Storage *>(hold); }

static at::Scalar scalar_of(double v, int integral) {
  return integral ? at::Scalar(static_cast<int64_t>(v)) : at::Scalar(v);
}

char *fl_add_scalar(void **out, void *t, double v, int integral, int in_place) {
  FL_TRY({
    if (in_place) ref(t).add_(scalar_of(v, integral));
    else *out = give(ref(t).add(scalar_of(v, integral)));
  })
}

char *fl_mul_scalar(void **out, void *t, double v, int integral, int in_place) {
  FL_TRY({
    if (in_place) ref(t).mul_(scalar_of(v, integral));
    else *out = give(ref(t).mul(scalar_of(v, integral)));
  })
}
