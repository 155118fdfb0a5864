"""fastai's metrics on given predictions, in float64.

Reads {"data": {name: {"pred", "target", "loss"}}, "bs", "cases": [{data, metric, args}]}. Prints for each case the metric's name,
fastai's value and, for metrics that fastai computes in float32 whatever it is given, scikit-learn's. null: none; "error": it raised one.
"""
import json
import math
import sys
import warnings
from functools import partial
from types import SimpleNamespace

import numpy as np
import sklearn.metrics as skm
import torch
from fastai.learner import mk_metric
from fastai.metrics import *
from fastai.torch_core import to_detach

warnings.filterwarnings("ignore")
job = json.load(sys.stdin)


def top_k(pred, target, k):
    return skm.top_k_accuracy_score(target, pred, k=k, labels=range(pred.shape[1]))


SKLEARN = {
    "accuracy": lambda p, t: skm.accuracy_score(t, p.argmax(1)),
    "error_rate": lambda p, t: 1 - skm.accuracy_score(t, p.argmax(1)),
    "top_k_accuracy": top_k,
    "accuracy_multi": lambda p, t, thresh=0.5, sigmoid=True: (
        (((1 / (1 + np.exp(-p)) if sigmoid else p) > thresh) == t.astype(bool)).mean()),
    "mse": lambda p, t: skm.mean_squared_error(t.ravel(), p.ravel()),
    "mae": lambda p, t: skm.mean_absolute_error(t.ravel(), p.ravel()),
    "rmse": lambda p, t: skm.root_mean_squared_error(t.ravel(), p.ravel()),
    "R2Score": lambda p, t: skm.r2_score(t.ravel(), p.ravel()),
    "ExplainedVariance": lambda p, t: skm.explained_variance_score(t.ravel(), p.ravel()),
}
PLAIN = {"accuracy": accuracy, "error_rate": error_rate, "top_k_accuracy": top_k_accuracy, "accuracy_multi": accuracy_multi, "mse": mse, "mae": mae}
INSTANCES = {"rmse": rmse, "perplexity": perplexity}


def number(f):
    try:
        v = f()
    except Exception:
        return "error"
    return None if v is None or math.isnan(float(v)) else float(v)


def run(case):
    name, args, data = case["metric"], case["args"], job["data"][case["data"]]
    pred, target = torch.tensor(data["pred"], dtype=torch.float64), torch.tensor(data["target"])
    if target.is_floating_point():
        target = torch.tensor(data["target"], dtype=torch.float64)
    if name in PLAIN:
        metric = mk_metric(partial(PLAIN[name], **args) if args else PLAIN[name])
    else:
        metric = INSTANCES[name] if name in INSTANCES else globals()[name](**args)

    def value():
        metric.reset()
        for i, first in enumerate(range(0, len(pred), job["bs"])):
            p, t = pred[first:first + job["bs"]], target[first:first + job["bs"]]
            metric.accumulate(SimpleNamespace(pred=p, y=t, yb=(t,), to_detach=to_detach, training=False,
                                              loss=torch.tensor(data["loss"][i], dtype=torch.float64)))
        return metric.value

    out = {"name": metric.name, "fastai": number(value)}
    if name in SKLEARN and len(pred):
        out["sklearn"] = number(lambda: SKLEARN[name](pred.numpy(), target.numpy(), **args))
    return out


print(json.dumps([run(case) for case in job["cases"]]))
