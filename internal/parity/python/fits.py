"""Every batch's hyperparameters in fastai's fits of a model of three groups, 7 batches an epoch: for each case
{lr: [[of each group], …], mom: […]}."""
import json
import warnings

import torch
from fastai.vision.all import Callback, DataLoaders, Learner, params

warnings.filterwarnings("ignore")


class Note(Callback):
    order = 100

    def __init__(self): self.noted_rates, self.noted_moms = [], []

    def before_step(self):
        self.noted_rates.append([h["lr"] for h in self.opt.hypers])
        self.noted_moms.append(self.opt.hypers[-1]["mom"])


def learner():
    batches = [(torch.ones(2, 1), torch.ones(2, 1))] * 7
    model = torch.nn.Sequential(*[torch.nn.Linear(1, 1) for _ in range(3)])
    return Learner(DataLoaders(batches, batches[:1]), model, loss_func=torch.nn.MSELoss(),
                   splitter=lambda m: [params(p) for p in m], lr=slice(1e-4, 1e-2))


CASES = {
    "one_cycle": lambda l: l.fit_one_cycle(3, slice(1e-5, 1e-3)),
    "one_cycle_args": lambda l: l.fit_one_cycle(2, 3e-3, div=10, div_final=100, pct_start=0.4, moms=(0.9, 0.8, 0.7)),
    "one_cycle_start": lambda l: l.fit_one_cycle(3, slice(2e-3), start_epoch=1),
    "one_cycle_own": lambda l: l.fit_one_cycle(1),
    "fine_tune": lambda l: l.fine_tune(2, 4e-3),
    "fine_tune_args": lambda l: l.fine_tune(2, base_lr=1e-3, freeze_epochs=2, lr_mult=10, pct_start=0.2, div=3, div_final=50),
    "flat_cos": lambda l: l.fit_flat_cos(3, slice(1e-5, 1e-3)),
    "flat_cos_args": lambda l: l.fit_flat_cos(2, 3e-3, div_final=10, pct_start=0.5),
    "sgdr": lambda l: l.fit_sgdr(3, 1, slice(1e-4, 1e-3)),
    "sgdr_args": lambda l: l.fit_sgdr(2, 2, 1e-3, cycle_mult=3),
    "fit": lambda l: l.fit(2, slice(1e-4, 1e-3)),
}
out = {}
for name, fit in CASES.items():
    learn, note = learner(), Note()
    learn.add_cb(note)
    with learn.no_bar(), learn.no_logging():
        fit(learn)
    out[name] = {"lr": [list(map(float, lr)) for lr in note.noted_rates], "mom": list(map(float, note.noted_moms))}
print(json.dumps(out))
