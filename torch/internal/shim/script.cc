// TorchScript modules: torch::jit::Module with its parts and slots in order.
#include "environment.h"

#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/import.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "common.h"
#include "script.h"

namespace {

using torch::jit::Module;

struct Part {
  Module module;
  std::string name;
  int parent;
};

// A place in a part that holds a tensor.
struct Slot {
  int part;
  std::string name;
  bool buffer;
  c10::intrusive_ptr<c10::ivalue::Object> object;
  size_t at;

  at::Tensor get() const { return object->getSlot(at).toTensor(); }
};

// A slot's tensor in an attribute that is a list: recurrent layers keep their weights in one.
struct Listed {
  size_t slot;
  c10::List<at::Tensor> list;
  size_t at;
};

struct Script {
  Module module;
  bool on_gpu;  // where the file was read to, and what isn't a slot still is
  std::vector<Part> parts;
  std::vector<Slot> slots;
  std::vector<Listed> listed;

  void collect(const Module &m, std::string name, int parent) {
    int part = static_cast<int>(parts.size());
    parts.push_back({m, std::move(name), parent});
    auto type = m.type();
    for (size_t i = 0; i < type->numAttributes(); i++) {
      bool buffer = type->is_buffer(i);
      if ((buffer || type->is_parameter(i)) && m._ivalue()->getSlot(i).isTensor())
        slots.push_back({part, type->getAttributeName(i), buffer, m._ivalue(), i});
    }
    for (const auto &child : m.named_children()) collect(child.value, child.name, part);
  }

  void collect_listed() {
    for (const Part &p : parts)
      for (const c10::IValue &v : p.module._ivalue()->slots()) {
        if (!v.isTensorList()) continue;
        c10::List<at::Tensor> list = v.toTensorList();
        for (size_t at = 0; at < list.size(); at++)
          for (size_t i = 0; i < slots.size(); i++)
            if (slots[i].get().is_same(list.get(at))) {
              listed.push_back({i, list, at});
              break;
            }
      }
  }

  // The module to be saved: a file that holds tensors of a GPU needs one in Python, so a copy on the CPU where some are there.
  Module saved() const {
    bool gpu = on_gpu;
    for (const Slot &s : slots) gpu = gpu || !s.get().is_cpu();
    if (!gpu) return module;
    std::stringstream file;
    torch::jit::ExportModule(module, file);
    return torch::jit::load(file, at::kCPU);
  }

  // Puts the tensors into the slots, where others lie in them, and into lists.
  void put(void **tensors, int n) {
    for (int i = 0; i < n; i++) {
      const at::Tensor &t = ref(tensors[i]);
      if (!slots[i].get().is_same(t)) slots[i].object->setSlot(slots[i].at, t);
    }
    for (const Listed &l : listed) {
      const at::Tensor t = slots[l.slot].get();
      if (!l.list.get(l.at).is_same(t)) l.list.set(l.at, t);
    }
  }
};

// A file that Go opened, and whose size it saw. It isn't closed here.
class OpenFile : public caffe2::serialize::ReadAdapterInterface {
 public:
  OpenFile(int fd, size_t size) : fd_(fd), size_(size) {}
  size_t size() const override { return size_; }
  size_t read(uint64_t pos, void *buf, size_t n, const char *what) const override {
    for (size_t done = 0; done < n;) {
      ssize_t got = pread(fd_, static_cast<char *>(buf) + done, n - done, static_cast<off_t>(pos + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw std::runtime_error(std::string("read: ") + strerror(errno));
      if (got == 0) throw std::runtime_error(std::string("the file ends before ") + what);
      done += got;
    }
    return n;
  }

 private:
  int fd_;
  size_t size_;
};

Script &script_of(void *m) { return *static_cast<Script *>(m); }

} // namespace

char *fl_script_load(void **out, int fd, size_t size, int cuda) {
  FL_TRY({
    auto s = std::make_unique<Script>();
    s->on_gpu = cuda >= 0;
    s->module = torch::jit::load(std::make_shared<OpenFile>(fd, size), device_of(cuda));
    s->collect(s->module, "", -1);
    s->collect_listed();
    *out = s.release();
  })
}

void fl_script_free(void *m) { delete static_cast<Script *>(m); }

void fl_script_size(void *m, int *parts, int *slots) {
  *parts = static_cast<int>(script_of(m).parts.size());
  *slots = static_cast<int>(script_of(m).slots.size());
}

char *fl_script_part(void *m, int i, char **name, char **type, int *parent, int *training) {
  FL_TRY({
    const Part &p = script_of(m).parts[i];
    auto qualified = p.module.type()->name();
    *name = strdup(p.name.c_str());
    *type = strdup(qualified ? qualified->qualifiedName().c_str() : "");
    *parent = p.parent;
    *training = p.module.hasattr("training") ? p.module.is_training() : true;
  })
}

// same is the first slot that holds the very same tensor.
char *fl_script_slot(void *m, int i, int *part, char **name, int *is_buffer, int *same, void **tensor) {
  FL_TRY({
    const Script &s = script_of(m);
    const Slot &slot = s.slots[i];
    at::Tensor t = slot.get();
    *part = slot.part;
    *is_buffer = slot.buffer;
    for (*same = 0; *same < i && !s.slots[*same].get().is_same(t);) ++*same;
    *name = strdup(slot.name.c_str());
    *tensor = give(std::move(t));
  })
}

char *fl_script_train(void *m, int part, int on) {
  FL_TRY({
    Module &p = script_of(m).parts[part].module;
    if (p.hasattr("training") && p.is_training() != (on != 0)) p.setattr("training", on != 0);
  })
}

char *fl_script_sync(void *m, void **tensors, int n) {
  FL_TRY({ script_of(m).put(tensors, n); })
}

// A slot that the script itself fills anew is found again in tensors.
char *fl_script_forward(void **out, void *m, void *x, void **tensors, int n) {
  FL_TRY({
    Script &s = script_of(m);
    s.put(tensors, n);
    c10::IValue y = s.module.forward({ref(x)});
    for (int i = 0; i < n; i++) {
      at::Tensor t = s.slots[i].get();
      if (!t.is_same(ref(tensors[i]))) ref(tensors[i]) = std::move(t);
    }
    if (!y.isTensor()) throw std::runtime_error("the script's forward returns a " + y.tagKind() + ", want one tensor");
    *out = give(y.toTensor());
  })
}

char *fl_script_save(void *m, int fd) {
  FL_TRY({
    torch::jit::ExportModule(script_of(m).saved(), [fd](const void *data, size_t size) -> size_t {
      auto from = static_cast<const char *>(data);
      for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, from + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw std::runtime_error(std::string("write: ") + strerror(errno));
        done += n;
      }
      return size;
    });
  })
}
