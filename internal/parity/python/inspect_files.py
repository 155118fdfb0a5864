"""Writes files for torch/checkpoint/inspect, with every pattern of bits of the small dtypes, and prints what PyTorch says of
their tensors: {file: {key: [min, mean, max, number of NaNs]}}, of complex numbers' absolute values.

Reads {"dir"}.
"""
import json
import math
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from fastai.vision.all import Adam, DataLoaders, Learner

folder = Path(json.load(sys.stdin)["dir"])
torch.manual_seed(1)
out = {}


def text(v):
    return v if math.isfinite(v) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(v, "NaN")


def stats(t):
    v = t.to(torch.complex128).abs() if t.is_complex() else t.double()
    numbers = v[~v.isnan()]
    if not len(numbers):
        return ["NaN", "NaN", "NaN", v.numel()]
    return [text(x) for x in (numbers.min().item(), numbers.mean().item(), numbers.max().item())] + [v.numel() - len(numbers)]


def save(name, value, state):
    torch.save(value, folder / name)
    out[name] = {k: stats(t) for k, t in state.items()}


bits8 = torch.arange(256, dtype=torch.uint8)
bits16 = torch.arange(65536, dtype=torch.int32).to(torch.uint16)
random = torch.randint(0, 256, (4096,), dtype=torch.uint8)
tensors = {}
for name in ["uint8", "int8", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz", "float8_e8m0fnu"]:
    tensors[name] = bits8.view(getattr(torch, name)).clone()
for name in ["uint16", "int16", "float16", "bfloat16"]:
    tensors[name] = bits16.view(getattr(torch, name)).clone()
for name in ["int32", "int64", "uint32", "uint64", "float32", "float64", "complex32", "complex64", "complex128"]:
    tensors[name] = random.view(getattr(torch, name)).clone()
for name in ["float16", "bfloat16", "float32", "float64", "float8_e5m2", "float8_e4m3fn"]:
    x = torch.randn(3, 5).to(getattr(torch, name))
    tensors["normal " + name] = x
    tensors["transposed " + name] = x.T
tensors["bool"] = torch.rand(99) < 0.3
tensors["nan"] = torch.full((3,), math.nan)
tensors["scalar"] = torch.tensor(2.5)
tensors["empty"] = torch.zeros(0, 4)
save("stats.pth", tensors, tensors)

net = torch.nn.Linear(3, 2)
opt = torch.optim.AdamW(net.parameters(), lr=0.25)
net(torch.ones(1, 3)).sum().backward()
opt.step()
lightning = {"epoch": 7, "global_step": 70, "pytorch-lightning_version": "2.5.1", "optimizer_states": [opt.state_dict()], "lr_schedulers": [],
             "state_dict": OrderedDict(("model." + k, v) for k, v in net.state_dict().items()),
             "hyper_parameters": {"lr": 0.25, "layers": [3, 2], "name": "tiny", "loss": torch.nn.functional.mse_loss}}
save("lightning.ckpt", lightning, lightning["state_dict"])

batch = (torch.ones(4, 3), torch.ones(4, 2))
learn = Learner(DataLoaders([batch], [batch]), net, loss_func=torch.nn.MSELoss(), opt_func=Adam, path=folder, model_dir=".")
learn.create_opt()
learn.opt.set_hyper("lr", 0.125)
learn.save("fastai")
out["fastai.pth"] = {k: stats(t) for k, t in net.state_dict().items()}
print(json.dumps(out))
