// What belongs to the process: random numbers, threads, versions and the CUDA library.
#include "environment.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/version.h>

#include <cstdlib>

#include "common.h"

// glibc gives each new thread an arena of its own, which keeps what was freed in it.
// Go spreads calls over many threads, so a model's memory would be held several times
// over: one arena for all, as a Python process has. MALLOC_ARENA_MAX still decides.
__attribute__((constructor)) static void one_arena() {
#ifdef M_ARENA_MAX
  if (!getenv("MALLOC_ARENA_MAX")) mallopt(M_ARENA_MAX, 1);
#endif
}

char *fl_manual_seed(uint64_t seed) { FL_TRY({ at::manual_seed(seed); }) }

static at::Generator generator_of(int cuda) {
  return cuda < 0 ? at::globalContext().defaultGenerator(at::kCPU)
                  : at::globalContext().defaultGenerator(device_of(cuda));
}

at::Tensor generator_state(int cuda) {
  auto g = generator_of(cuda);
  std::lock_guard<std::mutex> lock(g.mutex());
  return g.get_state();
}

char *fl_rng_state(void **out, int cuda) {
  FL_TRY({ *out = give(generator_state(cuda)); })
}

char *fl_set_rng_state(void *state, int cuda) {
  FL_TRY({
    auto g = generator_of(cuda);
    std::lock_guard<std::mutex> lock(g.mutex());
    g.set_state(ref(state));
  })
}

char *fl_normal_seeded(void *t, double mean, double std, uint64_t seed) {
  FL_TRY({
    at::Tensor &x = ref(t);
    at::Generator own = generator_of(x.is_cuda() ? x.get_device() : -1).clone();
    own.set_current_seed(seed);
    x.normal_(mean, std, own);
  })
}

int fl_num_threads(void) { return at::get_num_threads(); }
char *fl_set_num_threads(int n) { FL_TRY({ at::set_num_threads(n); }) }

// The directory of the libtorch that this process runs on.
static std::string library_dir() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&at::get_num_threads), &info) || !info.dli_fname) return "";
  std::string path(info.dli_fname);
  auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// FASTLEARN_CUDA_LIBRARY names a library that stands for the driver and for libtorch_cuda.so: the tests' simulated CUDA.
static std::string cuda_library(const std::string &otherwise) {
  const char *named = getenv("FASTLEARN_CUDA_LIBRARY");
  return named && *named ? named : otherwise;
}

static void *open_driver() { return dlopen(cuda_library("libcuda.so.1").c_str(), RTLD_NOW | RTLD_GLOBAL); }

// Must come before any other call into libtorch: the first look at the CUDA hooks,
// which even seeding takes, fixes for good whether the process has CUDA.
char *fl_load_cuda(int *driver, int *loaded) {
  *loaded = 0;
  *driver = !cuda_library("").empty() || open_driver();
  if (!*driver) return nullptr;
  std::string path = cuda_library(library_dir() + "/libtorch_cuda.so");
  if (!dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
    const char *why = dlerror();
    return strdup(why ? why : ("cannot load " + path).c_str());
  }
  *loaded = 1;
  // As fastai sets it: cuDNN tries its algorithms on each new shape and keeps the fastest.
  FL_TRY({ at::globalContext().setBenchmarkCuDNN(true); })
}

char *fl_versions(char **torch_version, char **cpu_capability, char **library) {
  FL_TRY({
    *torch_version = strdup(TORCH_VERSION);
    *cpu_capability = strdup(at::get_cpu_capability().c_str());
    *library = strdup(library_dir().c_str());
  })
}

int fl_cuda_device_count(void) {
  try {
    return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
  } catch (...) {
    return 0;
  }
}

// Asks the driver itself, so that no CUDA header is needed to build.
char *fl_cuda_device_name(int i, char **name) {
  void *lib = open_driver();
  if (!lib) return strdup("no CUDA driver (libcuda.so.1)");
  auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(lib, "cuInit"));
  auto get = reinterpret_cast<int (*)(int *, int)>(dlsym(lib, "cuDeviceGet"));
  auto get_name = reinterpret_cast<int (*)(char *, int, int)>(dlsym(lib, "cuDeviceGetName"));
  auto explain = reinterpret_cast<int (*)(int, const char **)>(dlsym(lib, "cuGetErrorString"));
  if (!init || !get || !get_name || !explain) return strdup("libcuda.so.1 lacks the driver's functions");
  int device = 0;
  char buffer[256] = "";
  int rc = init(0);
  if (rc == 0) rc = get(&device, i);
  if (rc == 0) rc = get_name(buffer, sizeof buffer, device);
  if (rc != 0) {
    const char *why = nullptr;
    explain(rc, &why);
    return strdup(why ? why : "unknown error of the CUDA driver");
  }
  *name = strdup(buffer);
  return nullptr;
}

char *fl_cuda_synchronize(void) {
  FL_TRY({
    if (at::hasCUDA()) at::detail::getCUDAHooks().deviceSynchronize(at::detail::getCUDAHooks().current_device());
  })
}

// Everything that lives and everything that libtorch holds for more of it, in bytes.
char *fl_cuda_memory(int cuda, int64_t *allocated, int64_t *reserved) {
  FL_TRY({
    *allocated = *reserved = 0;
    auto allocator = c10::getDeviceAllocator(at::kCUDA);
    if (!allocator->initialized()) return nullptr;  // nothing was ever put on a device
    auto stats = allocator->getDeviceStats(static_cast<c10::DeviceIndex>(cuda));
    auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    *allocated = stats.allocated_bytes[all].current;
    *reserved = stats.reserved_bytes[all].current;
  })
}
