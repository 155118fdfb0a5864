"""fastai's suggestions of a learning rate for given curves: [[valley, slide, minimum, steep], …]."""
import json
import sys
import warnings

import torch
from fastai.callback.schedule import minimum, slide, steep, valley

warnings.filterwarnings("ignore")


def suggest(curve):
    lrs, losses = torch.tensor(curve["lrs"][10:-5]), torch.tensor(curve["losses"][10:-5])
    nans = torch.nonzero(torch.isnan(losses.view(-1)))
    if len(nans) > 0:
        lrs, losses = lrs[:min(nans)], losses[:min(nans)]
    return [f(lrs, losses, 100)[0] for f in (valley, slide, minimum, steep)]


curves = json.load(sys.stdin)
for c in curves:
    c["losses"] = [float("nan") if v is None else v for v in c["losses"]]
print(json.dumps([suggest(c) for c in curves]))
