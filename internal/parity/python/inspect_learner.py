"""Writes files for inspect in the folder that its input names: what fastai's learn.export() writes, with what must be told of it, and checkpoints with several
state_dicts."""
import contextlib
import io
import json
import os
import sys

import torch
from fastai.vision.all import *
from PIL import Image

os.chdir(json.load(sys.stdin))
torch.manual_seed(0)
for name in ("cat", "dog"):
    os.makedirs(f"images/{name}")
    for i in range(4):
        Image.new("RGB", (40, 40), (i * 20, 100, 50)).save(f"images/{name}/{i}.png")


def parent(p):
    return [p.parent.name]


def export(name, dls, model, loss):
    learn = Learner(dls, model, loss_func=loss, path=Path("."))
    state = {k: v.clone() for k, v in learn.model.state_dict().items()}
    with contextlib.redirect_stdout(io.StringIO()):
        learn.export(name + ".pkl")
    torch.save(state, name + ".pth")
    out[name] = {"modules": [[n, type(m).__name__] for n, m in learn.model.named_modules()], "vocab": list(map(str, dls.vocab)),
                 "batch": [type(t).__name__ for t in dls.after_batch.fs]}


out = {}
dls = ImageDataLoaders.from_folder("images", valid_pct=0.5, seed=1, item_tfms=Resize(48), batch_tfms=aug_transforms(size=32), bs=2, num_workers=0)
dls.add_tfms([Normalize.from_stats(*imagenet_stats)], "after_batch")
export("single", dls, nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4), AdaptiveConcatPool2d(1)), Flatten(), nn.Linear(8, 2)), CrossEntropyLossFlat())
block = DataBlock((ImageBlock, MultiCategoryBlock), get_items=get_image_files, get_y=parent, splitter=RandomSplitter(seed=1), item_tfms=Resize(32, method="squish"))
export("multi", block.dataloaders("images", bs=2, num_workers=0), nn.Sequential(nn.Conv2d(3, 4, 3), Flatten(), nn.Linear(3600, 2)), BCEWithLogitsLossFlat())

net = nn.Linear(2, 3)
ema = {k: v + 1 for k, v in net.state_dict().items()}
torch.save({"arch": "x", "state_dict": net.state_dict(), "state_dict_ema": ema, "optimizer": torch.optim.Adam(net.parameters()).state_dict()}, "timm.pth")
torch.save({"my": {"weights": ema}, "other": [1, {"a.b": torch.ones(2)}], "epoch": 3}, "custom.pth")
torch.save({"epoch": 1, "net": net}, "module.pth")
torch.save(net, "whole.pth")
print(json.dumps(out))
