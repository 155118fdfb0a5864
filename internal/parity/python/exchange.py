"""Checkpoints between fastai and fastlearn.

Reads {"dir", "files"}: dir/models/go.pth and go-bare.pth were written by fastlearn. Trains a
learner of its own for an epoch and writes dir/models/fastai.pth and fastai-bare.pth. Prints
predictions for the files by each model, keys, the optimizer's state, and the next step's
parameters after loading Go's file with its optimizer.
"""
import json
import sys
import warnings
from pathlib import Path

import torch
from fastai.vision.all import (
    CategoryBlock, DataBlock, ImageBlock, RandomSplitter, Resize, accuracy, noop, parent_label, resnet18, set_seed,
    vision_learner,
)

warnings.filterwarnings("ignore")
torch.set_num_threads(2)
job = json.load(sys.stdin)
folder, files = Path(job["dir"]), [Path(f) for f in job["files"]]


def learner():
    set_seed(1)
    block = DataBlock(blocks=(ImageBlock, CategoryBlock), get_items=lambda _: files, get_y=parent_label,
                      splitter=RandomSplitter(0.25, seed=1), item_tfms=Resize(32))
    dls = block.dataloaders(folder, bs=4, num_workers=0)
    return vision_learner(dls, resnet18, pretrained=False, metrics=accuracy, path=folder)


def predictions(learn):
    with learn.no_bar():
        return learn.get_preds(dl=learn.dls.test_dl(files, num_workers=0))[0].double().tolist()


def next_step(learn):
    for p in learn.model.parameters():
        p.grad = torch.ones_like(p) * 0.01
    learn.opt.step()
    return [p.double().sum().item() for p in learn.model.parameters()]


out = {}
learn = learner()
learn.load("go")
out["go"] = predictions(learn)
out["go_hypers"] = [{k: float(v) for k, v in h.items()} for h in learn.opt.hypers]
out["go_steps"] = [int(s.get("step", -1)) for s in learn.opt.state_dict()["state"]]
out["go_next"] = next_step(learn)
learn = learner()
learn.load("go-bare", with_opt=False)
out["go_bare"] = predictions(learn)
plain = torch.load(folder / "models" / "go.pth", weights_only=True)
out["plain_keys"] = sorted(plain)
out["mmap_keys"] = list(torch.load(folder / "models" / "go-bare.pth", weights_only=True, mmap=True))

learn = learner()
out["keys"] = list(learn.model.state_dict())
out["shapes"] = [list(v.shape) for v in learn.model.state_dict().values()]
out["dtypes"] = [str(v.dtype) for v in learn.model.state_dict().values()]
learn.create_opt()
out["groups"] = [len(g) for g in learn.opt.param_lists]
out["flags"] = [[s.get("do_wd", True), s.get("force_train", False)] for s in learn.opt.state_dict()["state"]]
with learn.no_bar(), learn.no_logging():
    learn.fit_one_cycle(1, 1e-3)
learn.save("fastai")
learn.save("fastai-bare", with_opt=False)
out["fastai"] = predictions(learn)
out["fastai_next"] = next_step(learn)
print(json.dumps(out))
