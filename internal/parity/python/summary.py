"""Models as torch and fastai see them: layers with shapes and parameters by forward hooks,
multiply-adds by flop_counter, sums by learn.summary()."""
import io
import json
import re
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch
import torchvision
from fastai.vision.all import ImageDataLoaders, Resize, resnet18, resnet34, vision_learner
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode


def seen(model, x):
    """What forward hooks and flop_counter say of one item."""
    layers, hooks = {}, []
    for name, m in model.named_modules():
        if not list(m.children()):
            layers[name] = {"name": name, "params": sum(p.numel() for p in m.parameters(recurse=False)),
                            "trainable": sum(p.numel() for p in m.parameters(recurse=False) if p.requires_grad), "runs": 0}

            def hook(m, i, o, name=name):
                layers[name]["output"] = list(o.shape)
                layers[name]["runs"] += 1
            hooks.append(m.register_forward_hook(hook))
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model.eval()(x)
    for h in hooks:
        h.remove()
    flops = counter.get_flop_counts()
    root = type(model).__name__
    for name, layer in layers.items():
        layer["macs"] = sum(flops.get(f"{root}.{name}", {}).values()) // 2
    return {"layers": list(layers.values()), "macs": counter.get_total_flops() // 2,
            "params": sum(p.numel() for p in model.parameters())}


result = {}
for arch in ["resnet18", "resnet34", "resnet50"]:
    model = getattr(torchvision.models, arch)()
    result[arch] = seen(model, torch.zeros(1, 3, 64, 64))
    result[arch]["at224"] = seen(model, torch.zeros(1, 3, 224, 224))["macs"]

folder = Path(tempfile.mkdtemp())
for i in range(8):
    (folder / str(i % 2)).mkdir(exist_ok=True)
    Image.fromarray(np.full((16, 16, 3), 20 * i, dtype=np.uint8)).save(folder / str(i % 2) / f"{i}.png")
for name, arch, frozen in [("vision18", resnet18, True), ("vision34", resnet34, True), ("unfrozen", resnet18, False)]:
    dls = ImageDataLoaders.from_folder(folder, valid_pct=0.25, bs=4, item_tfms=Resize(64))
    learn = vision_learner(dls, arch, pretrained=False)
    learn.freeze() if frozen else learn.unfreeze()
    with redirect_stdout(io.StringIO()):  # its progress bar
        text = str(learn.summary())
    result[name] = seen(learn.model, torch.zeros(1, 3, 64, 64))
    result[name]["fastai"] = [int(n.replace(",", "")) for n in re.findall(r"params: ([\d,]+)", text)]
print(json.dumps(result))
