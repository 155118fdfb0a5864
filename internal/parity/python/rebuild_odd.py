"""Exports learners that can't be rebuilt into the folder that its input names, and whole modules with what they make of an input.

Prints the modules' outputs by their file's name; the input is torch.arange(...), see below.
"""
import contextlib
import io
import json
import os
import sys
import warnings

import torch
import torchvision
from fastai.vision.all import *

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
folder = Path(json.load(sys.stdin))
os.chdir(folder)
from odd_classes import Scale, Shift  # written by the test beside the files

for i in range(4):
    Image.new("RGB", (40, 40), (60 * i, 9, 9)).save(f"{'ab'[i % 2]}{i}.png")


def label(p):
    return p.name[0]


def dls(items=Resize(32)):
    block = DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, get_y=label, splitter=RandomSplitter(0.5, seed=1), item_tfms=items)
    return block.dataloaders(folder, bs=2, num_workers=0)


def net(*more):
    return nn.Sequential(nn.Conv2d(3, 4, 3), *more, AdaptiveConcatPool2d(), Flatten(), nn.Linear(8, 2))


def export(name, model, loss=CrossEntropyLossFlat(), data=None):
    with contextlib.redirect_stdout(io.StringIO()):
        Learner(data or dls(), model, loss_func=loss, path=folder).export(name + ".pkl")


export("export", net())
export("class", net(nn.Sequential(Scale())))
export("hook", net(torch.nn.utils.weight_norm(nn.Conv2d(4, 4, 1))))
export("transform", net(), data=dls([Resize(32), Shift()]))
export("loss", net(), loss=nn.CrossEntropyLoss())
export("size", net(), data=dls(None))
grown = torchvision.models.resnet.BasicBlock(4, 4)
grown.extra = nn.ReLU()
export("part", net(grown))
own = nn.ReLU()
own.forward = torch.tanh
export("forward", net(own))
circular = nn.MaxPool2d(2, dilation=2)
export("setting", net(circular))

x = torch.arange(2 * 3 * 64 * 64).mul(7919).remainder(255).float().div(255).reshape(2, 3, 64, 64)
out = {}
for name, kwargs in {"resnet18": {}, "efficientnet_b0": {}, "efficientnet_v2_s": {}, "mobilenet_v2": {}, "mobilenet_v3_small": {}, "convnext_tiny": {}}.items():
    torch.manual_seed(1)
    model = getattr(torchvision.models, name)(num_classes=5).eval()
    for key, t in [*model.named_parameters(), *model.named_buffers()]:
        with torch.no_grad():
            if key.endswith("running_var") or key.endswith("layer_scale"):
                t.uniform_(0.5, 1.5)
            elif t.ndim == 1 and t.is_floating_point():
                t.uniform_(0.5, 1)
    torch.save(model.double(), name + ".pth")
    with torch.no_grad():
        out[name] = model(x.double()).flatten().tolist()
print(json.dumps(out))
