"""Maps a file of more than 4 GB that Go wrote and prints a few of its numbers: pth_big.py FILE"""
import sys

import torch

d = torch.load(sys.argv[1], weights_only=True, mmap=True)
print(d["a"].dtype, d["a"].numel(), d["a"][5].item(), d["a"][-1].item(), d["b"].tolist())
