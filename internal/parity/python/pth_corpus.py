"""Writes files as PyTorch writes them, each with a description of what is in it (NAME.json beside NAME.pth),
or, for what must be refused, the words that the refusal must have (NAME.refused).

    pth_corpus.py DIR [heavy]
"""
import argparse
import collections
import contextlib
import io
import os
import pickle
import struct
import sys
import warnings
import zipfile

import numpy as np
import torch
from torch import nn

from pth_describe import dumps

warnings.simplefilter("ignore")
torch.manual_seed(0)
out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def path(name):
    return os.path.join(out, name + ".pth")


def good(name, value, described=None, **kw):
    torch.save(value, path(name), **kw)
    tell(name, value if described is None else described)


def tell(name, value):
    with open(os.path.join(out, name + ".json"), "w") as f:
        f.write(dumps(value) + "\n")


def refused(name, value, *words, **kw):
    if value is not None:
        torch.save(value, path(name), **kw)
    with open(os.path.join(out, name + ".refused"), "w") as f:
        f.write("\n".join(words) + "\n")


def small_net():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 3))


DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64, torch.complex128, torch.complex32,
          torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.uint16, torch.uint32, torch.uint64,
          torch.float8_e5m2, torch.float8_e4m3fn, torch.float8_e5m2fnuz, torch.float8_e4m3fnuz, torch.float8_e8m0fnu, torch.float4_e2m1fn_x2]


def of_dtype(d, n=5):
    return (torch.arange(n * torch.empty(0, dtype=d).element_size()) % 2).to(torch.uint8).view(d)


values = {
    "ints": [0, 1, 255, 256, 65535, 65536, -1, 2**31 - 1, -2**31, 2**31, 2**63 - 1, -2**63, 2**63, -2**63 - 1, 2**200, -2**200],
    "floats": [0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), 5e-324],
    "texts": ["", "a", "Blüte 🌸", "x" * 300, "file\udcff\ud800"], "bytes": [b"", b"a", bytes(range(256))], "bytearray": bytearray(b"\x00\xff"),
    "consts": [None, True, False, 1 + 2j], "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((),)],
    "sets": [set(), {1, 2}, {"a", (1, 2)}], "nested": [[], [[]], {"a": {"b": {}}}, [{}]],
    1: "int key", (1, "a"): "tuple key", None: "None key", 2.5: "float key", b"k": "bytes key",
    "ordered": collections.OrderedDict([("z", 1), ("a", 2)]), "counter": collections.Counter("abca"),
    "size": torch.Size([1, 2]), "no size": torch.Size([]), "dtypes": list(DTYPES),
    "devices": [torch.device("cpu"), torch.device("cuda:1"), torch.device("cuda", 0)], "layout": torch.strided,
    "many": list(range(1100)), "many keys": {f"k{i}": i for i in range(1100)},
}
beyond = {  # what torch.load(weights_only=True) does not read
    "default": collections.defaultdict(list, {"a": [1]}), "namespace": argparse.Namespace(lr=0.1, name="x"),
    "frozen": frozenset([1, 2]),
    "scalars": [np.float64(1.5), np.float32(0.1), np.float16(-2.5), np.int64(-3), np.uint8(200), np.uint64(2**63), np.bool_(True), np.complex128(1 + 2j)],
    "arrays": [np.arange(6), np.arange(6.0).reshape(2, 3).T, np.array(1.0), np.zeros((0, 2), np.float32), np.array([True, False])],
    "keys": {np.uint8(3): "a", np.int8(-3): "b", "set": {np.uint64(2**63)}, "counter": collections.Counter([np.uint16(1), np.uint16(1)])},
    "big-endian": [np.dtype(">i8").type(3), np.array([[1.5, -2]], ">f8").T, np.array([1 + 2j], ">c8"), np.array(["Blüte"], ">U7"), np.arange(3, dtype=">i2")[1]],
    "frozen keys": {frozenset(["a", "b"]): 1, frozenset(): 2, (frozenset([1]), 2): 3, frozenset([frozenset([1])]): 4},
    "npdtype": np.dtype("float32"), "texts": [np.str_("Blüte 🌸"), np.bytes_(b"ab"), np.array(["a", "bcd"]), np.array([b"a", b"bc"])],
}

net = small_net()
good("state_dict", net.state_dict())
good("parameters", dict(net.named_parameters()))
good("dtypes", {str(d): of_dtype(d) for d in DTYPES})
good("values", values)
good("beyond", beyond)
# What PyTorch 2.1 and 2.6 knew of it, for make compat.
known21 = DTYPES[:6] + DTYPES[7:13]
known26 = [d for d in DTYPES if d not in (torch.float8_e8m0fnu, torch.float4_e2m1fn_x2)]
later = ["bytes", "bytearray", "consts", "sets", "counter", "devices", "dtypes", b"k"]
good("for21", {"tensors": {str(d): of_dtype(d) for d in known21}, **{k: v for k, v in values.items() if k not in later}})
good("for26", {"tensors": {str(d): of_dtype(d) for d in known26}, **values, "dtypes": known26})
base = torch.arange(24.0)
good("views", {
    "base": base, "offset": base[5:9], "matrix": base.view(4, 6), "transposed": base.view(4, 6).t(), "column": base.view(4, 6)[:, 2],
    "expanded": torch.ones(1).expand(1000, 1000), "huge": torch.ones(1).expand(10**5, 10**5, 10**4), "scalar": torch.tensor(3.0),
    "scalar view": base[7], "empty": torch.zeros(0), "empty matrix": torch.zeros(3, 0, 2), "channels last": torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last),
})
z = torch.complex(torch.rand(4), torch.rand(4))
signs = {"z": z, "conj": z.conj(), "neg": torch._neg_view(torch.rand(3)), "both": torch._neg_view(z.reshape(2, 2).t().conj()),
         "ints": torch._neg_view(torch.tensor([0, 1, -5, 2**40])), "half": torch._neg_view(torch.rand(3).half()), "double": z.to(torch.complex128).conj()}
good("conj", signs)
good("conj_legacy", signs, _use_new_zipfile_serialization=False)
w = torch.rand(3, 2)
tied = collections.OrderedDict([("a", w), ("b", w), ("c", w[1:]), ("d", nn.Parameter(w))])
good("tied", tied)
good("storages", {"w": w, "typed": w.storage(), "untyped": torch.ones(3).untyped_storage(), "empty": torch.empty(0).storage()})
good("storages_legacy", {"w": w, "typed": w.storage(), "float8": of_dtype(torch.float8_e5m2)}, _use_new_zipfile_serialization=False)
p = nn.Parameter(torch.ones(2), requires_grad=False)
p.tag = "x"
t = torch.ones(2)
t.note = {"n": 1}
good("attributes", {"p": p, "t": t, "buffer": nn.Buffer(torch.ones(1)), "grad": torch.ones(1, requires_grad=True)})
for protocol in (2, 3, 4, 5):
    few = {k: v for k, v in values.items() if k not in ("many", "many keys")}
    good(f"protocol{protocol}", {"values": few, "beyond": beyond, "net": net.state_dict()}, pickle_protocol=protocol)
good("legacy", {"net": net.state_dict(), "views": base.view(4, 6)[:, 1], "base": base, "values": values["ints"]}, _use_new_zipfile_serialization=False)
good("legacy4", net.state_dict(), _use_new_zipfile_serialization=False, pickle_protocol=4)
good("no_byteorder", net.state_dict(), _disable_byteorder_record=True)
trained = small_net()
opt = torch.optim.AdamW(trained.parameters(), lr=1e-3)
sum(p.sum() for p in trained.parameters()).backward()
opt.step()
good("lightning", {"epoch": 3, "state_dict": collections.OrderedDict(("model." + k, v) for k, v in trained.state_dict().items()),
                   "optimizer_states": [opt.state_dict()], "hyper_parameters": {"lr": 1e-3}})

tag = torch.serialization.location_tag
torch.serialization.location_tag = lambda storage: "cuda:1"
torch.save({"w": torch.ones(3)}, path("cuda"))
torch.serialization.location_tag = tag
tell("cuda", {"w": torch.ones(3)})


def repack(name, source, write):
    """Writes the records of source anew by write(zip, name, data)."""
    with zipfile.ZipFile(path(source)) as old, zipfile.ZipFile(path(name), "w", zipfile.ZIP_STORED) as new:
        for record in old.namelist():
            write(new, record, old.read(record))


def streamed(z, name, data):
    with z.open(name, "w", force_zip64=True) as f:
        f.write(data)


class Unseekable(io.FileIO):
    def seekable(self):
        return False

    def seek(self, *a):
        raise OSError("no seeking")

    def tell(self):
        raise OSError("no telling")


repack("zipfile", "state_dict", lambda z, n, d: z.writestr(n, d))  # by another writer, nothing aligned
tell("zipfile", net.state_dict())
repack("zip64", "tied", streamed)  # zip64 fields, needed or not
tell("zip64", tied)
with zipfile.ZipFile(path("tied")) as old, zipfile.ZipFile(Unseekable(path("descriptors"), "w"), "w") as new:
    for record in old.namelist():
        new.writestr(record, old.read(record))
tell("descriptors", tied)



def old_torch(name, **more):
    """The records that PyTorch 1.6 wrote of "tied", and more."""
    writer = torch._C.PyTorchFileWriter(path(name))
    with zipfile.ZipFile(path("tied")) as old:
        for record in ("data.pkl", "data/0"):
            data = old.read("tied/" + record)
            writer.write_record(record, data, len(data))
    for record, data in more.items():
        writer.write_record(record, data, len(data))
    writer.write_end_of_file()


old_torch("torch16")
tell("torch16", tied)


s = lambda text: b"U" + bytes([len(text)]) + text  # Python 2 wrote strings as bytes, and a dict as a list of pairs
body = (b"\x80\x02ccollections\nOrderedDict\nq\x01(](](" + s(b"w") + b"ctorch._utils\n_rebuild_tensor\n((" + s(b"storage") +
        b"ctorch\nFloatStorage\n" + s(b"7") + s(b"cpu") + b"K\x02NtQK\x00K\x02\x85K\x01\x85tReetR.")
with open(path("python2"), "wb") as f:
    for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        f.write(pickle.dumps(part, 2))
    f.write(body + b"\x80\x02](" + s(b"7") + b"e." + struct.pack("<q2f", 2, 1.0, 2.0))
tell("python2", collections.OrderedDict(w=torch.tensor([1.0, 2.0])))

refused("sparse", {"a": 1, "b": [torch.eye(2).to_sparse()]}, "_rebuild_sparse_tensor", ".b[0]", "to_dense")
refused("quantized", {"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, "_rebuild_qtensor", ".q", "dequantize")
refused("meta", {"m": torch.empty(2, device="meta")}, "_rebuild_meta_tensor_no_storage", ".m")
refused("csr", {"a": torch.eye(3).to_sparse_csr()}, "_rebuild_sparse_tensor", ".a", "to_dense")
refused("nested", {"n": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])}, "_rebuild_nested_tensor", ".n")
refused("jagged", {"n": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)}, "torch.nested", "nested")
refused("quantized dtype", {"f": [torch.qint8]}, "torch.qint8", ".f")
refused("structured", {"n": np.zeros(2, dtype=[("a", "f4")])}, "numpy", "dtype", ".n")
with torch.serialization.skip_data():
    refused("skip_data", torch.ones(3), "skip_data")
torch.serialization.set_crc32_options(False)
refused("no_crc", net.state_dict(), "no CRC", "set_crc32_options(False)", "SkipCRC")
torch.serialization.set_crc32_options(True)
refused("module", {"epoch": 1, "net": net}, "torch.nn.modules.container.Sequential", ".net", "state_dict()")
refused("function", {"a": [1, {"f": os.system}]}, "posix.system", ".a[1].f")
class Settings:
    pass


refused("script", {"model": net.state_dict(), "settings": Settings()}, "__main__.Settings", ".settings", "WithOpaque")
refused("object", {"hp": {"when": __import__("datetime").date(2020, 1, 1)}, "more": __import__("pathlib").Path("x")},
        "datetime.date", ".hp.when", "pathlib.PosixPath", "WithOpaque")
torch.jit.script(nn.Linear(1, 1)).save(path("torchscript"))
refused("torchscript", None, "TorchScript", "torch.jit.load")
torch.export.save(torch.export.export(nn.Linear(1, 1), (torch.ones(1, 1),)), path("exported"))
refused("exported", None, "torch.export")
old_torch("bigendian", byteorder=b"big")
refused("bigendian", None, "big-endian")


def repacked(name, source, value, compression, to=open):
    with zipfile.ZipFile(path(source)) as old, to(path(name), "wb" if to is open else "w") as f, zipfile.ZipFile(f, "w", compression) as new:
        for record in old.namelist():
            new.writestr(record, old.read(record))
    if value is not None:
        tell(name, value)


repacked("deflated", "tied", tied, zipfile.ZIP_DEFLATED)
repacked("deflated_stream", "state_dict", net.state_dict(), zipfile.ZIP_DEFLATED, Unseekable)
with zipfile.ZipFile(path("tied")) as old, zipfile.ZipFile(path("rezipped"), "w", zipfile.ZIP_DEFLATED) as new:  # as zip -r and macOS do
    for folder in ("tied/", "tied/data/", "__MACOSX/", "__MACOSX/tied/"):
        new.writestr(folder, b"")
    for record in old.namelist():
        new.writestr(record, old.read(record))
    new.writestr("__MACOSX/tied/._data.pkl", b"x")
tell("rezipped", tied)
repacked("bzip2", "state_dict", None, zipfile.ZIP_BZIP2)
refused("bzip2", None, "compressed", "torch.save")
zeros = {"w": torch.zeros(1000, 1000), "v": torch.zeros(1000, 1000)}
torch.save(zeros, path("zeros"))
repacked("deflated_zeros", "zeros", zeros, zipfile.ZIP_DEFLATED)
os.remove(path("zeros"))
with open(path("saves"), "wb") as f:  # several in one file, of which torch.load reads the first
    for value in (tied, {"a": 1}, net.state_dict()):
        torch.save(value, f, _use_new_zipfile_serialization=False)
tell("saves", tied)
with open(path("pickle"), "wb") as f:
    pickle.dump({"a": 1}, f)
refused("pickle", None, "plain pickle")


def number(x):
    return torch.tensor(float(x))


def fastai_files():
    from fastai.data.core import Datasets
    from fastai.learner import Learner
    from fastcore.foundation import L

    dls = Datasets(range(4), [[number], [number]]).dataloaders(bs=2)
    model = nn.Sequential(nn.Unflatten(0, (-1, 1)), nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Linear(2, 1), nn.Flatten(0))
    learn = Learner(dls, model, loss_func=nn.MSELoss(), path=out, model_dir=".")
    with contextlib.redirect_stdout(io.StringIO()):
        learn.fit(1)
    learn.save("fastai")
    tell("fastai", torch.load(path("fastai"), weights_only=False))
    learn.save("fastai_model", with_opt=False)
    tell("fastai_model", torch.load(path("fastai_model")))
    learn.export("export.pth")
    refused("export", None, "fastai.learner.Learner", "learn.export", "load_learner")
    good("L", [L(), L(1, 2), {"hypers": L([{"lr": np.float64(1e-3)}])}])


fastai_files()


def heavy():
    """Large and plain values, of which nothing may be taken for an attack. Too large to be committed."""
    words = [f"word number {i}" for i in range(20_000)]
    config = lambda i: argparse.Namespace(learning_rate=0.1, weight_decay=i, name="the same for all of them", sizes=(i, i + 1))
    trees = {
        "floats": [i / 7 for i in range(100_000)], "ints": list(range(100_000)), "same": [1] * 200_000, "words": words,
        "index": {w: i for i, w in enumerate(words)}, "counter": collections.Counter(words * 2), "set": set(range(50_000)),
        "bytes": bytes(range(256)) * 4000, "bytearray": bytearray(300_000), "long key": {"k" * 10_000: 1},
        "namespaces": [config(i) for i in range(2000)], "frozen": [frozenset(range(i)) for i in range(200)],
        "ordered": [collections.OrderedDict.fromkeys(words[:20], i) for i in range(1000)], "tuples": {(i, i + 1, (str(i),)): i for i in range(5000)},
        "array": np.arange(200_000), "arrays": [np.arange(i) for i in range(300)], "sizes": [torch.Size(range(i % 5)) for i in range(3000)],
    }
    for protocol in (2, 4):
        good(f"heavy{protocol}", trees, pickle_protocol=protocol)
    good("many tensors", {f"layers.{i}.weight": torch.ones(1).expand(1, 2, 3, 4, 5) for i in range(5000)})
    good("many tensors legacy", {f"layers.{i}.weight": torch.ones(2) for i in range(2000)}, _use_new_zipfile_serialization=False)
    deep = []
    for _ in range(60):
        deep = [{"deeper": (deep,)}]
    good("deep", deep)


if "heavy" in sys.argv[2:]:
    heavy()
