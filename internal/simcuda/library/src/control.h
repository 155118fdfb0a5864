// What tests set and read: counts of what the devices did, and the failures they are to have.
#pragma once
#include <c10/util/Exception.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

namespace simcuda {

// Counted from the start of the process, over all devices.
struct Counts {
  std::atomic<int64_t> kernels{0}, copies_in{0}, copies_out{0}, copies_between{0}, waits{0}, allocations{0};
};
inline Counts counts;

inline int64_t setting(const char *name, int64_t without) {
  const char *v = std::getenv(name);
  return v && *v ? std::atoll(v) : without;
}

inline const int devices = static_cast<int>(setting("SIMCUDA_DEVICES", 2));

// The names of what ran, while a test listens.
struct Log {
  std::mutex mutex;
  bool on = false;
  std::string text;
  void add(const std::string &what) {
    std::lock_guard<std::mutex> lock(mutex);
    if (on) text += what + "\n";
  }
};
inline Log log_of_all;

// Counts down to the event that fails; 0 and less: none.
struct Countdown {
  std::atomic<int64_t> left{0};
  bool due() { return left.load() > 0 && left.fetch_sub(1) == 1; }
};
inline Countdown until_allocation_fails, until_lost;
inline std::atomic<bool> lost{false};

// How often each device was used.
inline std::vector<std::atomic<int64_t>> uses(devices);

// Begins whatever a device does. It fails as CUDA does on a device that is lost: from the first failure on, everything but
// freeing memory.
inline void use(int device) {
  uses.at(device)++;
  if (until_lost.due()) lost = true;
  if (!lost) return;
  throw c10::AcceleratorError(
      {__func__, __FILE__, __LINE__}, 719,
      "CUDA error: unspecified launch failure\n"
      "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.\n"
      "For debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
      "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n");
}

inline void wait_for(const std::string &what) {
  counts.waits++;
  log_of_all.add("wait: " + what);
}

}  // namespace simcuda
