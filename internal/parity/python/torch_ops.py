"""Random permutations, generator states and autocast results of PyTorch, from given seeds."""
import json
import sys

import torch

case = json.load(sys.stdin)
out = {"randperm": []}
for n in case["randperm"]:
    torch.manual_seed(42)
    out["randperm"].append(torch.randperm(n).tolist())

torch.manual_seed(7)
out["normal"] = torch.randn(20).double().tolist()
out["dropout"] = torch.nn.functional.dropout(torch.ones(40), 0.3).tolist()

torch.manual_seed(3)
x, w = torch.randn(4, 8), torch.randn(5, 8, requires_grad=True)
with torch.autocast("cpu", torch.bfloat16):
    y = torch.nn.functional.linear(x, w)
    out["autocast_dtype"] = str(y.dtype)
loss = torch.nn.functional.cross_entropy(y.float(), torch.tensor([0, 1, 2, 3]), label_smoothing=0.1)
loss.backward()
out["loss"] = loss.item()
out["grad"] = w.grad.double().flatten().tolist()
print(json.dumps(out))
