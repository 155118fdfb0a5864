"""What fastai's ActivationStats keeps of a small training in float64.

Reads a list of {"every": null or a number, "include_paramless": bool}; prints for each, and each layer, the means, standard deviations and parts near
zero of its batches, and its histograms as the colourful dimension shows them.
"""
import json
import sys
from contextlib import redirect_stdout

import torch
from fastai.vision.all import Callback, DataLoaders, Learner, SGD
from fastai.callback.hook import ActivationStats

torch.set_num_threads(1)


def sines(*shape): return torch.arange(int(torch.tensor(shape).prod()), dtype=torch.float64).sin().view(*shape)


class Single(Callback):
    """fastai's recorder takes no float64."""
    order = 40
    def after_loss(self): self.learn.loss = self.learn.loss.float()


def run(options):
    model = torch.nn.Sequential(torch.nn.Linear(3, 50), torch.nn.ReLU(), torch.nn.Linear(50, 1)).double()
    for p in model.parameters():
        p.data = sines(*p.shape) * 4
    x, y = sines(30, 3), sines(30, 1)
    batches = [(x[i:min(i + 4, 22)], y[i:min(i + 4, 22)]) for i in range(0, 22, 4)]
    stats = ActivationStats(with_hist=True, **options)
    learn = Learner(DataLoaders(batches, [(x[22:], y[22:])]), model, loss_func=torch.nn.MSELoss(), opt_func=SGD, cbs=[stats, Single()])
    with learn.no_bar(), learn.no_logging():
        learn.fit(1, 1e-3)
        learn.fit(2, 1e-3)
    return [{**dict(zip(("mean", "std", "near_zero"), map(list, stats.layer_stats(i)))), "hist": stats.hist(i).t().tolist()} for i in range(len(stats.modules))]


if __name__ == "__main__":
    job = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        out = [run(o) for o in job]
    print(json.dumps(out))
