"""fastai's batch transforms with given draws, on given pictures.

Reads [{"n", "h", "w", "seed", "tfms": [[name, {draws}]], "size", "crop": [t, l, h, w] or null,
"split"}]; makes pictures with numpy's generator of that seed and prints the transformed ones.
"""
import json
import sys
import warnings

import numpy as np
import torch
from fastai.vision.augment import (
    Brightness, Contrast, Flip, RandomResizedCropGPU, Rotate, Warp, Zoom, setup_aug_tfms,
)
from fastai.vision.core import TensorImage

warnings.filterwarnings("ignore")
KINDS = {"flip": Flip, "rotate": Rotate, "zoom": Zoom, "warp": Warp, "brightness": Brightness, "contrast": Contrast}


def pictures(case):
    n, h, w = case["n"], case["h"], case["w"]
    i = torch.arange(n).view(n, 1, 1, 1)
    c = torch.arange(3).view(1, 3, 1, 1)
    y = torch.arange(h).view(1, 1, h, 1)
    x = torch.arange(w).view(1, 1, 1, w)
    return (((x * (3 + c) + y * (5 - c) + (x * y) // 7 + 31 * i + 17 * c) % 256).float() / 255)


def run(case):
    tfms = []
    for name, draws in case["tfms"]:
        size = {} if name in ("brightness", "contrast") or not case["size"] else {"size": tuple(case["size"])}
        tfms.append(KINDS[name](p=1.0, **draws, **size))
    x = TensorImage(pictures(case))
    for tfm in sorted(setup_aug_tfms(tfms), key=lambda t: t.order):
        x = tfm(x, split_idx=case["split"])
    if case["crop"]:
        crop = RandomResizedCropGPU(tuple(case["crop_size"]), min_scale=0.5, ratio=(1, 1))
        if case["split"]:
            x = crop(x, split_idx=1)
        else:
            crop.tl, crop.cp_size = tuple(case["crop"][:2]), tuple(case["crop"][2:])
            x = crop.encodes(x)
    return {"shape": list(x.shape), "values": [round(float(v), 6) for v in x.flatten()]}


print(json.dumps([run(case) for case in json.load(sys.stdin)]))
