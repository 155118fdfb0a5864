"""Reads a training checkpoint by torch.load(weights_only=True) and by fastai's learn.load; prints what it holds."""
import json
import sys
import warnings

import torch
from fastai.vision.all import Adam, DataLoaders, Learner

warnings.filterwarnings("ignore")
warnings.filterwarnings("error", message="Could not load the optimizer state")
job = json.load(sys.stdin)
state = torch.load(job["path"], weights_only=True)
training = state["opt"]["training"]
model = torch.nn.Linear(1, 1)
learn = Learner(DataLoaders([], []), model, loss_func=torch.nn.MSELoss(), opt_func=Adam, path=".", model_dir=".")
learn.load(job["path"].removesuffix(".pth"))
print(json.dumps({
    "keys": sorted(state), "epoch": training["epoch"], "iter": training["iter"], "identity": dict(training["identity"]),
    "rng": len(training["rng"]) == len(torch.get_rng_state()), "weights": [model.weight.item(), model.bias.item()],
    "averages": [float(s["grad_avg"].item()) for s in (learn.opt.state[p] for p in model.parameters())],
}))
