"""Evaluates expressions of PyTorch on given tensors: values, dtypes, and gradients of Σ result·w."""
import json
import sys

import torch
import torch.nn.functional as F
from torch import nn


def tensor(d):
    values = [float(v) for v in d["data"]]
    return torch.tensor(values, dtype=torch.float64).reshape(d["shape"]).to(getattr(torch, d["dtype"]))


def flat(t):
    if t.is_complex():
        t = torch.view_as_real(t.resolve_conj())
    return [str(v) for v in t.detach().double().flatten().tolist()]


out = []
for case in json.load(sys.stdin):
    names = {n: tensor(d) for n, d in case["inputs"].items()}
    leaves = [t.requires_grad_() for t in names.values() if case["grad"] and t.is_floating_point()]
    try:
        r = eval(case["py"], {"torch": torch, "F": F, "nn": nn, **names})
        results = list(r) if isinstance(r, (tuple, list)) else [r]
        grads = []
        if case["grad"]:
            loss = sum((t.abs() if t.is_complex() else t).double().mul(torch.arange(1, t.numel() + 1).reshape(t.shape)).sum()
                       for t in results if t.requires_grad)
            if isinstance(loss, torch.Tensor):
                loss.backward()
                grads = [flat(t.grad) if t.grad is not None else [] for t in leaves]
        out.append({"results": [flat(t) for t in results], "shapes": [list(t.shape) for t in results],
                    "dtypes": [str(t.dtype).removeprefix("torch.") for t in results], "grads": grads})
    except Exception as e:
        out.append({"error": str(e).split("\n")[0]})
print(json.dumps(out))
