"""Prints tensors as PyTorch does."""
import json
import sys

import torch

out = []
for c in json.load(sys.stdin):
    values = [float(v.replace("Inf", "inf")) for v in c["values"]]
    x = torch.tensor(values, dtype=torch.float64).reshape(c["shape"] or []).to(getattr(torch, c["dtype"]))
    out.append(str(x))
print(json.dumps(out))
