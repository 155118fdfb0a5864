"""Makes modules from one seed, runs them in float64, and returns what they print, hold, compute and derive."""
import json
import sys

import torch
import torchvision
from torch import nn


def numbers(t):
    return t.detach().double().flatten().tolist()


class Eval(dict):
    def __missing__(self, name):
        if name == "fastai":
            import fastai.layers
            return fastai.layers
        raise KeyError(name)


out = []
for c in json.load(sys.stdin):
    torch.manual_seed(c["seed"])
    m = eval(c["py"], {}, Eval(torch=torch, nn=nn, ops=torchvision.ops, tv=torchvision))
    m.train(c["train"]).double()
    r = {"repr": str(m), "keys": list(m.state_dict()), "params": [numbers(p) for p in m.state_dict().values()]}
    x = torch.tensor(c["x"], dtype=torch.int64 if c["index"] else torch.float64).reshape(c["shape"])
    if not c["index"]:
        x.requires_grad_()
    torch.manual_seed(c["seed"])
    y = m(x, x, x) if isinstance(m, nn.MultiheadAttention) else m(x)
    y = y[0] if isinstance(y, tuple) else y
    r["y"], r["shape"] = numbers(y), list(y.shape)
    if y.requires_grad:
        (y * torch.arange(1, y.numel() + 1).reshape(y.shape)).sum().backward()
    r["grads"] = [numbers(t.grad) if t.grad is not None else [] for t in ([] if c["index"] else [x]) + list(m.parameters())]
    r["after"] = [numbers(b) for b in m.buffers()]
    out.append(r)
print(json.dumps(out))
