"""What vision_learner makes of architectures for other than three channels, from a seed.

Reads [{name, n_in, seed, file}], where file is "" for fresh weights, and else where the whole model's weights of three channels are written to.
Prints of each learner's state_dict the keys and shapes, and a hash of each tensor.
"""
import hashlib
import json
import os
import sys
import warnings

import torch

warnings.filterwarnings("ignore")
import fastai.vision.models.xresnet as xresnet  # noqa: E402
import timm  # noqa: E402
import torchvision  # noqa: E402
from fastai.vision.all import CrossEntropyLossFlat, DataLoaders, vision_learner  # noqa: E402
from models import redraw  # noqa: E402

torch.set_num_threads(1)


def publish(model, path):
    if not os.path.exists(path):
        torch.manual_seed(9)
        with torch.no_grad():
            for k, v in model.state_dict().items():
                redraw(k, v)
        torch.save(model.state_dict(), path)


def learner(c):
    library, _, bare = c["name"].partition("/")
    arch, kwargs = bare, {}
    if library == "torchvision":
        arch = getattr(torchvision.models, bare)
        if c["file"]:
            publish(arch(), c["file"])
            torchvision.models._api.load_state_dict_from_url = lambda *args, **kwargs: torch.load(c["file"], weights_only=True)
    elif library == "fastai":
        arch = getattr(xresnet, bare)
    elif c["file"]:
        publish(timm.create_model(bare), c["file"])
        kwargs["pretrained_cfg_overlay"] = {"file": c["file"]}
    torch.manual_seed(c["seed"])
    dls = DataLoaders([], [])
    return vision_learner(dls, arch, n_out=3, n_in=c["n_in"], pretrained=bool(c["file"]), normalize=False, loss_func=CrossEntropyLossFlat(), **kwargs)


out = []
for c in json.load(sys.stdin):
    out.append([f"{k} {list(v.shape)} {hashlib.sha256(v.contiguous().numpy().tobytes()).hexdigest()[:12]}" for k, v in learner(c).model.state_dict().items()])
print(json.dumps(out))
