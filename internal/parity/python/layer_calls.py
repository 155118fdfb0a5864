"""Makes modules from one seed and calls them in float64: each result with its shape."""
import json
import sys

import torch
from torch import nn


def waves(*shape):
    n = torch.Size(shape).numel()
    return (2 * torch.sin(torch.arange(n, dtype=torch.float64) * 1.37 + .5)).reshape(shape)


def flat(v):
    return [t for e in v for t in flat(e)] if isinstance(v, (tuple, list)) else [v]


out = []
for c in json.load(sys.stdin):
    torch.manual_seed(11)
    m = eval(c["module"], {"torch": torch, "nn": nn}).double().train(c["train"])
    torch.manual_seed(5)
    results = [t for t in flat(eval(c["call"], {"torch": torch, "m": m, "waves": waves})) if t is not None]
    out.append([{"shape": list(t.shape), "values": t.detach().flatten().tolist()} for t in results])
print(json.dumps(out))
