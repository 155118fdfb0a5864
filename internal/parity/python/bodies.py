"""What fastai makes of architectures: keys and shapes of body and head, parameter groups, logits of weights drawn anew, and what all weights and
buffers are after some steps of its Learner; or how it fails.

Reads [{name, size, n, dtype, steps, file}]; the state after the steps goes into the file, as doubles in the order of the keys.
"""
import contextlib
import gc
import io
import json
import sys
import warnings
from functools import partial

import torch

warnings.filterwarnings("ignore")
import timm  # noqa: F401
import fastai.vision.models.xresnet as xresnet  # noqa: E402
import torchvision  # noqa: E402
from fastai.vision.all import SGD, Callback, DataLoaders, Learner  # noqa: E402
from fastai.vision.learner import _default_meta, create_timm_model, create_vision_model, default_split, model_meta  # noqa: E402
from models import redraw, xresnet_builder  # noqa: E402

torch.set_num_threads(1)


class Rounded(Callback):
    """fastai's recorder takes no float64."""
    order = 100

    def after_loss(self):
        self.learn.loss = self.learn.loss.float()


def make(name):
    library, _, bare = name.partition("/")
    if library == "timm":
        return create_timm_model(bare, 3, pretrained=False)[0], default_split
    arch = getattr(torchvision.models, bare) if library == "torchvision" else getattr(xresnet, bare) if bare == "xsenet154" else xresnet_builder(bare)
    return create_vision_model(arch, 3, pretrained=False), model_meta.get(arch, _default_meta)["split"]


def train(model, split, c, dtype):
    torch.manual_seed(2)
    x = torch.empty(c["steps"] + 1, c["n"], 3, c["size"], c["size"], dtype=dtype).uniform_(-2, 2)
    y = (torch.arange((c["steps"] + 1) * c["n"]) % 3).reshape(-1, c["n"])
    batches = list(zip(x, y))
    learn = Learner(DataLoaders(batches[:-1], batches[-1:]), model, loss_func=torch.nn.CrossEntropyLoss(), opt_func=partial(SGD, mom=0.9, wd=0.01), splitter=split, cbs=Rounded())
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()), learn.no_bar(), learn.no_logging():
        learn.fit(1, slice(1e-6, 1e-5))  # small, so that rounding doesn't grow from step to step
    with open(c["file"], "wb") as f:
        for v in model.state_dict().values():
            f.write(v.double().contiguous().numpy().tobytes())


def run(c):
    model, split = make(c["name"])
    dtype = getattr(torch, c["dtype"])
    names = {p: k for k, p in model.named_parameters()}
    r = {"keys": [f"{k} {list(v.shape)}" for k, v in model.state_dict().items()], "groups": [[names[p] for p in g] for g in split(model)]}
    model.to(dtype).eval()
    torch.manual_seed(1)
    with torch.no_grad():
        for k, v in model.state_dict().items():
            redraw(k, v)
        x = torch.empty(c["n"], 3, c["size"], c["size"], dtype=dtype).uniform_(-2, 2)
        r["logits"] = model(x).double().flatten().tolist()
    if c["steps"]:
        train(model, split, c, dtype)
    return r


out = []
for c in json.load(sys.stdin):
    try:
        out.append(run(c))
    except Exception as e:
        out.append({"error": type(e).__name__ + ": " + str(e)[:200]})
    gc.collect()
print(json.dumps(out))
