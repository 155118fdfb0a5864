// What libtorch asks a device type for: the current device, streams and events (c10's guard), and CUDA's own hooks.
#pragma once
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include "generator.h"
#include "queue.h"

namespace simcuda {

inline void synchronize(c10::DeviceIndex device, const char *what) {
  use(device);
  queues.at(device).run();
  wait_for(what);
}

// An event is a place in its device's queue.
struct Event {
  c10::DeviceIndex device;
  int64_t place;
};

// All streams of a device run in order, as one.
struct Guard final : c10::impl::DeviceGuardImplInterface {
  using Device = c10::Device;
  using Stream = c10::Stream;
  c10::DeviceType type() const override { return c10::kCUDA; }
  Device getDevice() const override { return {c10::kCUDA, current_device}; }
  void setDevice(Device d) const override {
    TORCH_CHECK(d.index() < devices, "CUDA error: invalid device ordinal");
    if (d.has_index()) current_device = d.index();
  }
  void uncheckedSetDevice(Device d) const noexcept override { current_device = d.index(); }
  Device exchangeDevice(Device d) const override {
    Device old = getDevice();
    setDevice(d);
    return old;
  }
  c10::DeviceIndex deviceCount() const noexcept override { return static_cast<c10::DeviceIndex>(devices); }

  static Stream &current_stream(Device d) {
    static thread_local std::vector<Stream> all;
    if (all.empty())
      for (int i = 0; i < devices; i++) all.emplace_back(Stream::DEFAULT, Device(c10::kCUDA, static_cast<c10::DeviceIndex>(i)));
    return all.at(d.has_index() ? d.index() : current_device);
  }
  Stream getStream(Device d) const override { return current_stream(d); }
  Stream getDefaultStream(Device d) const override { return Stream(Stream::DEFAULT, d); }
  Stream getNewStream(Device d, int = 0) const override {
    static std::atomic<int64_t> id{1};
    return Stream(Stream::UNSAFE, d, id++);
  }
  Stream getStreamFromGlobalPool(Device d, bool = false) const override { return getNewStream(d); }
  Stream exchangeStream(Stream s) const override { return std::exchange(current_stream(s.device()), s); }
  bool queryStream(const Stream &s) const override { return done({s.device_index(), queues.at(s.device_index()).added()}); }
  void synchronizeStream(const Stream &s) const override { synchronize(s.device_index(), "stream"); }
  void synchronizeDevice(c10::DeviceIndex d) const override { synchronize(d, "device"); }

  void record(void **event, const Stream &s, c10::DeviceIndex, c10::EventFlag) const override {
    use(s.device_index());
    delete static_cast<Event *>(*event);
    *event = new Event{s.device_index(), queues.at(s.device_index()).added()};
  }
  void block(void *event, const Stream &) const override {  // another device's stream waits, the host doesn't
    if (event) queues.at(static_cast<Event *>(event)->device).run();
  }
  static bool done(const Event &e) { return queues.at(e.device).done(e.place); }
  bool queryEvent(void *event) const override { return !event || done(*static_cast<Event *>(event)); }
  void synchronizeEvent(void *event) const override {
    if (event) synchronize(static_cast<Event *>(event)->device, "event");
  }
  void destroyEvent(void *event, c10::DeviceIndex) const noexcept override { delete static_cast<Event *>(event); }
};

// libtorch finds it by the class's name.
struct CUDAHooks final : at::CUDAHooksInterface {
  explicit CUDAHooks(at::CUDAHooksArgs) {}
  void init() const override {}
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return devices > 0; }
  bool hasCUDA() const override { return devices > 0; }
  int getNumGPUs() const override { return devices; }
  c10::DeviceIndex deviceCount() const override { return static_cast<c10::DeviceIndex>(devices); }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex current_device() const override { return simcuda::current_device; }
  c10::DeviceIndex getCurrentDevice() const override { return simcuda::current_device; }
  void setCurrentDevice(c10::DeviceIndex d) const override { simcuda::current_device = d; }
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex d) const override { return std::exchange(simcuda::current_device, d); }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex d) const override { return exchangeDevice(d); }
  const at::Generator &getDefaultGenerator(c10::DeviceIndex d) const override { return default_generator(d); }
  at::Generator getNewGenerator(c10::DeviceIndex d) const override { return new_generator(d < 0 ? simcuda::current_device : d); }
  bool isPinnedPtr(const void *p) const override { return PinnedAllocator::instance().holds(p); }
  c10::Allocator *getPinnedMemoryAllocator() const override { return &PinnedAllocator::instance(); }
  c10::Allocator *getCUDADeviceAllocator() const override { return &DeviceAllocator::instance(); }
  c10::Device getDeviceFromPtr(void *p) const override {
    TORCH_CHECK(memory.holds(p), "The specified pointer resides on host memory and is not registered with any CUDA device.");
    return {c10::kCUDA, static_cast<c10::DeviceIndex>(memory.device_of(p))};
  }
  void deviceSynchronize(c10::DeviceIndex d) const override { synchronize(d, "device"); }
};

}  // namespace simcuda
