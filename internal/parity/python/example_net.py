"""Writes torch/jit/testdata/net.pt, a small TorchScript model for the examples: pictures N×3×H×W to N×10."""
from pathlib import Path

import torch
from torch import nn

torch.manual_seed(1)
net = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
torch.jit.script(net).save(Path(__file__).parents[2] / "torch/jit/testdata/net.pt")
