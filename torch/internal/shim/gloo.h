// What libtorch declares in ProcessGroupGloo.hpp and exports from libtorch_cpu, without gloo's own
// headers, which its packages lack. Never seen by cgo.
#pragma once
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace gloo::transport {
class Device;
}

namespace c10d {

class TORCH_API ProcessGroupGloo : public Backend {
 public:
  struct TORCH_API Options : public Backend::Options {
    explicit Options(std::chrono::milliseconds timeout);
    std::vector<std::shared_ptr<::gloo::transport::Device>> devices;
    int threads{2};
  };

  static std::shared_ptr<::gloo::transport::Device> createDeviceForInterface(const std::string &name, bool lazy);
  static std::shared_ptr<::gloo::transport::Device> createDefaultDevice(bool lazy);

  ProcessGroupGloo(const c10::intrusive_ptr<Store> &store, int rank, int size, c10::intrusive_ptr<Options> options);
  ~ProcessGroupGloo() override;  // the first that isn't inline: so libtorch's table of virtual functions is used

 private:
  char members_[4096];  // room for libtorch's own, which are far smaller
};

}  // namespace c10d
