"""Grad-CAM as chapter 18 of fastai's book computes it, in float64.

Reads {"seed": ..., "classes": [...]}; prints for each class of a seeded model and input the input, the maps at its body and at the layer before its
body's last, and the gradients' names that are left in the parameters (none).
"""
import json
import sys

import torch
from torch import nn


class Hook:
    def __init__(self, m): self.hook = m.register_forward_hook(self.hook_func)
    def hook_func(self, m, i, o): self.stored = o.detach().clone()
    def __enter__(self, *args): return self
    def __exit__(self, *args): self.hook.remove()


class HookBwd:
    def __init__(self, m): self.hook = m.register_full_backward_hook(self.hook_func)
    def hook_func(self, m, gi, go): self.stored = go[0].detach().clone()
    def __enter__(self, *args): return self
    def __exit__(self, *args): self.hook.remove()


job = json.load(sys.stdin)
torch.manual_seed(job["seed"])
body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3, stride=2), nn.ReLU())
model = nn.Sequential(body, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)))
model = model.double().eval()
x = torch.arange(2 * 3 * 12 * 10, dtype=torch.float64).sin().view(2, 3, 12, 10)
out = []
for layer in [model[0], model[0][2]]:
    for cls in job["classes"]:
        with HookBwd(layer) as hookg:
            with Hook(layer) as hook:
                output = model(x.clone().requires_grad_())
                act = hook.stored
            output[:, cls].sum().backward()
            grad = hookg.stored
        maps = []
        for i in range(len(x)):
            w = grad[i].mean(dim=[1, 2], keepdim=True)
            maps += (w * act[i]).sum(0).flatten().tolist()
        out.append(maps)
print(json.dumps({"maps": out, "weights": {k: v.flatten().tolist() for k, v in model.state_dict().items()}}))
