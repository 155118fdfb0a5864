"""Describes what torch.load returns as JSON, in the form that the Go tests of torch/pth give to what they
read (describe_test.go): equal descriptions are equal trees, storages, views and bytes."""
import argparse
import collections
import hashlib
import json
import struct

import numpy as np
import torch


def describe(value):
    return Describer().value(value)


def dumps(value):
    return json.dumps(describe(value), sort_keys=True)


def raw(t):
    """The elements of a tensor in row-major order, as bytes."""
    return bytes(t.detach().resolve_conj().resolve_neg().contiguous().clone(memory_format=torch.contiguous_format).untyped_storage())


def sha(b):
    return hashlib.sha256(bytes(b)).hexdigest()[:16]


class Describer:
    def __init__(self):
        self.storages = {}

    def value(self, v):
        if isinstance(v, (np.generic, np.ndarray)) and not v.dtype.isnative:  # read as little-endian
            v = v.astype(v.dtype.newbyteorder("="))
        if isinstance(v, np.generic):
            return {"npscalar": [v.dtype.str, self.value(v.item())]}
        if isinstance(v, str) and any("\ud800" <= c <= "\udfff" for c in v):
            return {"surrogates": v.encode("utf-8", "surrogatepass").hex()}
        if v is None or isinstance(v, (bool, str)):
            return v
        if isinstance(v, int):
            return v if abs(v) < 2**53 else {"int": str(v)}
        if isinstance(v, float):
            return {"float": "nan" if v != v else struct.pack(">d", v).hex()}
        if isinstance(v, complex):
            return {"complex": [self.value(v.real), self.value(v.imag)]}
        if isinstance(v, bytes):
            return {"bytes": v.hex()}
        if isinstance(v, bytearray):
            return {"bytearray": v.hex()}
        if isinstance(v, torch.Size):
            return {"size": list(v)}
        if isinstance(v, torch.dtype):
            return {"dtype": str(v).removeprefix("torch.")}
        if isinstance(v, torch.device):
            return {"device": str(v)}
        if isinstance(v, torch.layout):
            return {"layout": str(v)}
        if isinstance(v, torch.Tensor):
            return self.tensor(v)
        if isinstance(v, (torch.UntypedStorage, torch.storage.TypedStorage)):
            return {"storage": self.storage(v)}
        if isinstance(v, np.ndarray):
            fortran = bool(v.flags.f_contiguous and not v.flags.c_contiguous)
            return {"nparray": [v.dtype.str, list(v.shape), fortran, v.tobytes(order="A").hex()]}
        if isinstance(v, np.dtype):
            return {"npdtype": v.str}
        if isinstance(v, argparse.Namespace):
            return {"Namespace": self.items(vars(v))}
        if isinstance(v, dict):
            out = {type(v).__name__: self.items(v)}
            if getattr(v, "__dict__", None):
                out["attrs"] = self.items(v.__dict__)
            return out
        if isinstance(v, list):
            return {"list": [self.value(x) for x in v]}
        if isinstance(v, tuple):
            return {"tuple": [self.value(x) for x in v]}
        if isinstance(v, (set, frozenset)):
            return {type(v).__name__: sorted((self.value(x) for x in v), key=lambda x: json.dumps(x, sort_keys=True))}
        if type(v).__name__ == "L":
            return {"L": [self.value(x) for x in v]}
        raise TypeError(f"{type(v)} has no description")

    def items(self, d):
        return [[self.value(k), self.value(x)] for k, x in d.items()]

    def number(self, s):
        key = s._cdata if s.nbytes() else ("empty", len(self.storages))
        return self.storages.setdefault(key, len(self.storages))

    def storage(self, v):
        typed = isinstance(v, torch.storage.TypedStorage)
        s = v._untyped_storage if typed else v
        return [self.number(s), str(v.dtype if typed else torch.uint8).removeprefix("torch."), s.nbytes(), sha(bytes(s))]

    def tensor(self, t):
        s = t.untyped_storage()
        number = self.number(s)
        out = {
            "dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "stride": list(t.stride()),
            "offset": t.storage_offset(), "grad": t.requires_grad, "parameter": isinstance(t, torch.nn.Parameter),
            "storage": number, "nbytes": s.nbytes(), "bytes": sha(bytes(s)),
        }
        if t.numel() < 100_000:
            out["elements"] = sha(raw(t))
        attrs = {k: x for k, x in t.__dict__.items()}
        if attrs:
            out["attrs"] = self.items(attrs)
        return {"tensor": out}
