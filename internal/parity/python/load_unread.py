"""Writes state_dicts of nn.Linear(3, 2) in the folder that its input names: with a weight that isn't a plain tensor, each in a file with the
name of the words that the refusal must have, which are printed; and others that are read."""
import json
import os
import sys

import torch
from torch import nn

os.chdir(json.load(sys.stdin))
torch.manual_seed(0)
good = nn.Linear(3, 2).state_dict()
weight = good["weight"]
torch.save({"state_dict": good, "mask": torch.eye(2).to_sparse(), "z": torch.ones(2, dtype=torch.complex64).conj()}, "beside.pth")
torch.save(good | {"weight": torch._neg_view(weight)}, "neg.pth")
torch.save(good | {"weight": -weight}, "negative.pth")
torch.save(nn.Linear(3, 2).requires_grad_(False), "whole.pth")
whole = torch.load("whole.pth", weights_only=False)
torch.save(whole, "whole_old.pth", _use_new_zipfile_serialization=False)
torch.save(whole.state_dict(), "whole_state.pth")
unread = {"to_dense()": weight.to_sparse(), "dequantize()": torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8), "meta device": weight.to("meta")}
for name, w in unread.items():
    torch.save(good | {"weight": w}, name + ".pth")
print(json.dumps(list(unread)))
