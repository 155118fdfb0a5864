"""Tries files that fastlearn wrote with whatever PyTorch runs this: each must be read by torch.load(weights_only=True),
in full and with mmap=True, as what it is, wherever the file that torch.save wrote of the same value is. Where an older
PyTorch does not read that one either, what it says is printed.

    compat.py OURS THEIRS STATE_DICT

OURS and THEIRS are folders with files of the same names, NAME.json beside theirs says what is in it (pth_describe.py).
STATE_DICT is the name of the file that also goes into a module, strictly.
"""
import os
import sys
import warnings

import torch
from torch import nn

from pth_describe import dumps

warnings.simplefilter("ignore")
ours, theirs, state_dict = sys.argv[1:]


def attempt(path, **kw):
    """What torch.load reads, described, and else its complaint."""
    try:
        return dumps(torch.load(path, weights_only=True, **kw)), None
    except Exception as e:
        message = str(e)
        return None, message[max(0, message.find("Unsupported")):].split("\n")[0][:120]


failed = 0
for name in sorted(os.listdir(ours)):
    with open(os.path.join(theirs, name.replace(".pth", ".json"))) as f:
        want = f.read().strip()
    problems = []
    for kw in ({}, {"mmap": True}):
        got, error = attempt(os.path.join(ours, name), **kw)
        reference, complaint = attempt(os.path.join(theirs, name), **kw)
        if complaint and error:
            problems.append(f"not read here, nor is torch.save's: {complaint}")
        elif error:
            failed += 1
            problems.append(f"FAILS with {kw}: {error}")
        elif got != want:
            failed += 1
            problems.append(f"FAILS with {kw}: it is read as something else")
    print(f"  {name:20} {problems[0] if problems else 'read, in full and mapped'}")

net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 3))
for kw in ({}, {"mmap": True}):
    state = torch.load(os.path.join(ours, state_dict), weights_only=True, **kw)
    print(f"  load_state_dict(strict=True) {kw}:", net.load_state_dict(state, strict=True), state._metadata["1"])
    net(torch.zeros(1, 1, 5, 4)).sum().backward()
sys.exit(failed > 0)
