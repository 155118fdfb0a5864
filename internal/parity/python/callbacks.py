"""What fastai's callbacks do to a small training, from given weights and batches, in float64.

Reads {"dir": ..., "cases": [{name, callbacks, epochs, lr}]}; writes dir/start.pth, dir/data.pth and, for each case,
dir/<name>.end.pth and what the callbacks write below dir/<name>; prints for each case the events as a last callback
sees them, every batch's loss and rates, the number of epochs and the files, and the order of all callbacks.
"""
import json
import math
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch
from fastai.vision.all import (
    BnFreeze, Callback, CSVLogger, CutMix, DataLoaders, EarlyStoppingCallback, GradientAccumulation, GradientClip,
    Learner, MixedPrecision, MixUp, ParamScheduler, ReduceLROnPlateau, SaveModelCallback, SGD, ShortEpochCallback,
    TerminateOnNaNCallback,
)
from fastai.callback.tensorboard import TensorBoardBaseCallback
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


class Record(Callback):
    """The last to see anything; as fastai's recorder takes no float64 it gets the loss in float32."""
    order = 90

    def __init__(self): self.events, self.batch_losses, self.batch_lrs = [], [], []

    def __call__(self, name):
        if name != "after_create":
            self.events.append(name)
        if name == "after_loss":
            if self.training:
                loss = self.learn.loss.item()
                self.batch_losses.append(loss if math.isfinite(loss) else -1)  # JSON has no infinity
            self.learn.loss = self.learn.loss.float()
        if name == "after_batch" and self.training:
            self.batch_lrs.append(float(self.opt.hypers[-1]["lr"]))


class Average(Callback):
    """PyTorch's average in the place of fastai's, which has none."""
    def __init__(self, decay): self.decay = decay
    def before_fit(self): self.avg = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(self.decay))
    def after_step(self): self.avg.update_parameters(self.model)
    def after_fit(self): self.model.load_state_dict(self.avg.module.state_dict())


def score(pred, target): return -(pred - target).abs().mean().float()


MAKE = {
    "clip": lambda **k: GradientClip(**k), "accumulate": GradientAccumulation, "reduce": ReduceLROnPlateau,
    "early": EarlyStoppingCallback, "save": SaveModelCallback, "short": ShortEpochCallback,
    "nan": TerminateOnNaNCallback, "csv": CSVLogger, "ema": Average,
}


def settings(options):
    out = dict(options)
    if "comp" in out:
        out["comp"] = {"less": np.less, "greater": np.greater}[out["comp"]]
    return out


def run(case, folder, start, train, valid):
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1)).double()
    model.load_state_dict(start)
    record = Record()
    path = Path(folder) / case["name"]
    path.mkdir()
    cbs = [MAKE[kind](**settings(options)) for kind, options in case["callbacks"]]
    learn = Learner(DataLoaders(train, valid), model, loss_func=torch.nn.MSELoss(), opt_func=SGD, metrics=score, path=path,
                    cbs=[*cbs, record])
    with learn.no_bar(), learn.no_logging():
        for _ in range(case.get("fits", 1)):
            learn.fit(case["epochs"], case["lr"])
    torch.save(model.state_dict(), f"{folder}/{case['name']}.end.pth")
    return {
        "events": record.events, "losses": record.batch_losses, "lrs": record.batch_lrs, "epochs": len(learn.recorder.values),
        "files": sorted(str(f.relative_to(path)) for f in path.rglob("*") if f.is_file()),
        "weights": {f.name: [p for k, p in sorted(flat(f).items())] for f in path.rglob("*.pth")},
    }


def flat(file):
    state = torch.load(file, weights_only=False)
    state = state.get("model", state)
    return {k: v.flatten().tolist() for k, v in state.items()}


def order():
    cbs = [MixUp(), CutMix(), SaveModelCallback(), EarlyStoppingCallback(), ReduceLROnPlateau(), TerminateOnNaNCallback(),
           ShortEpochCallback(), CSVLogger(), BnFreeze(), GradientClip(), GradientAccumulation(), ParamScheduler({}),
           TensorBoardBaseCallback(), MixedPrecision()]
    learn = Learner(DataLoaders([], []), torch.nn.Linear(1, 1), loss_func=torch.nn.MSELoss(), cbs=cbs)
    return [type(cb).__name__ for cb in learn.cbs.sorted("order")]


if __name__ == "__main__":
    job = json.load(sys.stdin)
    torch.manual_seed(3)
    x, y = torch.randn(30, 3).double(), torch.randn(30, 1).double()
    y += x[:, :1] * 2 - x[:, 1:2]
    start = {k: v.double() for k, v in torch.nn.Sequential(
        torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1)).state_dict().items()}
    torch.save(start, f"{job['dir']}/start.pth")
    torch.save({"x": x, "y": y}, f"{job['dir']}/data.pth")
    train = [(x[i:min(i + 4, 22)], y[i:min(i + 4, 22)]) for i in range(0, 22, 4)]
    valid = [(x[22:26], y[22:26]), (x[26:], y[26:])]
    with redirect_stdout(sys.stderr):
        out = {"cases": [run(c, job["dir"], start, train, valid) for c in job["cases"]], "order": order()}
    print(json.dumps(out))
