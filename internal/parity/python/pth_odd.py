"""Writes checkpoints with one odd value beside the weights, as {"w": ones(2), "odd": value}: what Python's and PyTorch's own
libraries, numpy and users' classes make of pickles.

    pth_odd.py DIR
"""
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import operator
import os
import pathlib
import re
import sys
import types
import uuid
import warnings

import numpy as np
import torch
from torch import nn

warnings.simplefilter("ignore")


class Slotted(torch.Tensor):
    __slots__ = ("z",)


class Stateful(torch.Tensor):
    def __getstate__(self):
        return (1, 2, 3)


class StatefulParameter(nn.Parameter):
    def __getstate__(self):
        return (1, (2,))


class SlottedDict(collections.OrderedDict):
    __slots__ = ("q",)


class Named(collections.namedtuple("Named", "a b")):
    pass


class Lists(list):
    pass


class Sets(set):
    pass


class Dicts(dict):
    pass


class Color(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Config:
    lr: float = 0.1


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.shape = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), (1, 2)


def having(v, **attributes):
    for name, a in attributes.items():
        setattr(v, name, a)
    return v


ones = lambda: torch.ones(2)
records = np.zeros(2, dtype=[("a", "f4")])
values = {
    "big-endian": [np.arange(3, dtype=">f4"), np.dtype(">i8").type(3), np.array(["ab"], dtype=">U3"), np.array([1 + 2j], dtype=">c8"), np.dtype(">i4")],
    "numpy": [np.array(["2020-01-01"], dtype="datetime64[D]"), np.datetime64("2020-01-01"), np.timedelta64(3, "s"), np.array([{}, None], dtype=object),
              records, records[0], np.dtype(("f4", (2,))), np.longdouble(1.5), np.ones(2, np.longdouble), np.void(b"ab"), np.dtype("f4", align=True),
              np.dtype("f4", metadata={"a": 1})],
    "numpy classes": [np.ma.array([1, 2], mask=[0, 1]), np.matrix([[1]]), np.rec.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")]),
                      np.random.RandomState(0), np.random.default_rng(0), np.random.get_state(), np.float32, np.ndarray],
    "tensors": [having(ones().as_subclass(Slotted), z=3), ones().as_subclass(Stateful), having(StatefulParameter(ones()), x=(1, 2)), having(ones(), x=(1,), y={"a": (1,)}),
                having(nn.Linear(2, 2).state_dict(), shape=(1, 2))],
    "views": [torch.complex(ones(), ones()).conj(), torch._neg_view(ones())],
    "no plain tensors": [torch.eye(2).to_sparse(), torch.eye(2).to_sparse_csr(), torch.quantize_per_tensor(ones(), 0.1, 0, torch.qint8), torch.empty(2, device="meta"),
                         torch.nested.nested_tensor([ones(), torch.ones(3)]), torch.nested.nested_tensor([ones(), torch.ones(3)], layout=torch.jagged)],
    "dtypes": [torch.uint4, torch.qint8, torch.per_tensor_affine, torch.sparse_coo],
    "containers": [having(Lists([1]), x=3), having(Dicts(a=1), y=2), Sets([1]), having(SlottedDict(a=ones()), q=1), Named(1, 2), collections.deque([1], maxlen=3),
                   collections.ChainMap({"a": 1}), collections.UserDict(a=1), types.SimpleNamespace(a=1), collections.defaultdict(nn.Linear, {"a": 1})],
    "values": [Color.RED, Config(), functools.partial(int, "3"), operator.itemgetter(1), datetime.datetime(2020, 1, 1), pathlib.Path("x"), re.compile("a"), uuid.UUID(int=1),
               decimal.Decimal("1.5"), fractions.Fraction(1, 2), range(3), slice(1, 2), Ellipsis, NotImplemented, Exception("x"), object()],
    "classes": [int, type(None), len, torch.relu, nn.Linear, torch.Size, torch.Tensor, torch.FloatTensor, collections.OrderedDict, dict],
    "keys": [{int: 1, np.dtype("f4"): 2, nn.Linear: 3, Color.RED: 4, range(2): 5, Named(1, 2): 6, datetime.date(2020, 1, 1): 7, (Color.RED, 1): 8},
             {frozenset(["a", "b"]): 1, frozenset(): 2, (frozenset([1]),): 3}, {int, Color.RED}, frozenset([Color.RED, nn.Linear]), collections.Counter({Color.RED: 1})],
    "long keys": [{b"x" * 5000: 1}, {"k" * 100_000: 1}, {frozenset(range(2000)): 1}, {tuple(range(3000)): 1}, {tuple(range(3000))}, {10**20_000: 1}],
    "objects": [Net(), nn.Sequential(nn.Linear(2, 3)), torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.ones(1, requires_grad=True)], 0.1), 1), torch.Generator()],
}
for name, value in values.items():
    for kind, options in {"2": {}, "4": {"pickle_protocol": 4}, "5": {"pickle_protocol": 5}, "legacy": {"_use_new_zipfile_serialization": False}}.items():
        torch.save({"w": ones(), "odd": value}, os.path.join(sys.argv[1], f"{name}-{kind}.pth"), **options)
