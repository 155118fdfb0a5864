"""Trajectories of fastai's Learner from given weights, batches and seeds.

Reads {"dir": ..., "cases": [{name, dtype, opt, frozen, batches, epochs, schedule, lr}]};
writes dir/<name>.start.pth, dir/<name>.end.pth and dir/<name>.data.pth; prints each case's
losses, rates and momenta. The loss is PyTorch's: fastai's CrossEntropyLossFlat turns
float64 into float32.
"""
import json
import sys
import warnings
from functools import partial

import torch
from fastai.vision.all import (
    Adam, Callback, DataLoaders, Learner, SGD, create_vision_model, resnet18,
)
from fastai.vision.learner import model_meta

warnings.filterwarnings("ignore")
torch.set_num_threads(2)


class Record(Callback):
    order = 100

    def before_fit(self):
        self.losses, self.valid, self.lrs, self.moms = [], [], [], []

    def after_loss(self):
        (self.losses if self.training else self.valid).append(self.learn.loss.item())
        self.learn.loss = self.learn.loss.float()  # fastai's recorder takes no float64

    def after_batch(self):
        if not self.training:
            return
        self.lrs.append([float(h["lr"]) for h in self.opt.hypers])
        self.moms.append([float(h["mom"]) for h in self.opt.hypers])


def run(case, folder):
    dtype = getattr(torch, case["dtype"])
    torch.manual_seed(case["seed"])
    model = create_vision_model(resnet18, 5, pretrained=False).to(dtype)
    x = torch.randn(case["batches"] + 1, 8, 3, 32, 32, dtype=dtype)
    y = torch.randint(5, (case["batches"] + 1, 8))
    torch.save(model.state_dict(), f"{folder}/{case['name']}.start.pth")
    torch.save({"x": x, "y": y}, f"{folder}/{case['name']}.data.pth")
    train = [(x[i], y[i]) for i in range(case["batches"])]
    dls = DataLoaders(train, [(x[-1], y[-1])])
    opt = {"adam": Adam, "sgd": partial(SGD, mom=0.9, wd=0.01), "plain_sgd": SGD}[case["opt"]]
    record = Record()
    learn = Learner(dls, model, loss_func=torch.nn.CrossEntropyLoss(), opt_func=opt, cbs=record,
                    splitter=model_meta[resnet18]["split"])
    torch.manual_seed(case["seed"] + 1)
    lr = slice(*case["lr"]) if len(case["lr"]) == 2 else case["lr"][0]
    out = {"losses": [], "lrs": [], "moms": []}

    def keep():
        for key in out:
            out[key] += getattr(record, key)

    with learn.no_bar(), learn.no_logging():
        if case["frozen"]:
            learn.freeze()
        if case["schedule"] == "one_cycle":
            learn.fit_one_cycle(case["epochs"], lr)
            keep()
        elif case["schedule"] == "fine_tune":
            learn.fine_tune(case["epochs"], case["lr"][0])
            keep()
        elif case["schedule"] == "refreeze":
            learn.unfreeze()
            learn.fit(1, lr)
            keep()
            learn.freeze()
            learn.fit(case["epochs"], lr)
            keep()
        else:
            learn.fit(case["epochs"], lr)
            keep()
    out["valid"] = record.valid
    torch.save(model.state_dict(), f"{folder}/{case['name']}.end.pth")
    return out


if __name__ == "__main__":
    job = json.load(sys.stdin)
    print(json.dumps([run(case, job["dir"]) for case in job["cases"]]))
