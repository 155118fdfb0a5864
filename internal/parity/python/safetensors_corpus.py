"""Writes safetensors files with the Python library, each with what is in it as JSON beside it:

    safetensors_corpus.py DIR

All of a file's bytes depend on its content alone: more than one text of metadata would come in a random order.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from safetensors_check import describe

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(1)


def write(name, tensors, metadata=None):
    file = folder / (name + ".safetensors")
    save_file(tensors, file, metadata)
    (folder / (name + ".json")).write_text(json.dumps(describe(file)))


dtypes = ["float64", "float32", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz", "float8_e8m0fnu",
          "float4_e2m1fn_x2", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool", "complex64"]
bits = torch.randint(0, 256, (2, 3, 8), dtype=torch.uint8)
write("dtypes", {d: bits.bool() if d == "bool" else bits.view(getattr(torch, d)).clone() for d in dtypes})
write("shapes", {
    "scalar": torch.tensor(2.5), "scalar int": torch.tensor(7), "empty": torch.zeros(0), "empty 3": torch.zeros(4, 0, 2, dtype=torch.int16),
    "one": torch.ones(1, 1, 1), "many": torch.arange(64.).reshape([2] * 6), "more": torch.arange(8.).reshape([2, 2, 2] + [1] * 9),
})
write("names", {n: torch.tensor([float(i)]) for i, n in enumerate([
    "layer1.0.conv1.weight", "Blüte", "花", "🌸", "", " ", 'quote"', "back\\slash", "tab\t", "new\nline", "\u0001", "\x7f", "a/b", "<&>", "\u2028",
])})
write("metadata", {"w": torch.ones(2)}, {"format": "pt"})
write("odd_metadata", {"w": torch.ones(2)}, {'Blüte "🌸"\n': 'back\\slash\t\u0000'})
write("none", {})
write("none_but_metadata", {}, {"a": ""})
net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
write("net", net.state_dict())
