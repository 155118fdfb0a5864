"""fastai's batch transforms with given draws, on given pictures.

Reads {"cases": [{"input", "shape", "tfms" or "aug", "draws", "crop", "split", "output"}]}. A case's
input is N×3×H×W bytes; its output receives the transformed pictures as float32. "tfms" lists
[name, {arguments}], each applied by itself; "aug" are aug_transforms' arguments.
"""
import json
import sys
import warnings

import numpy as np
import torch
from fastai.vision.augment import (
    AffineCoordTfm, Brightness, Contrast, Dihedral, Flip, HSVTfm, Hue, LightingTfm, RandomResizedCropGPU, Rotate,
    Saturation, Warp, Zoom, aug_transforms, setup_aug_tfms,
)
from fastai.data.transforms import IntToFloatTensor, Normalize
from fastai.vision.core import TensorImage

warnings.filterwarnings("ignore")
KINDS = {"Flip": Flip, "Dihedral": Dihedral, "Rotate": Rotate, "Zoom": Zoom, "Warp": Warp, "Brightness": Brightness,
         "Contrast": Contrast, "Saturation": Saturation, "Hue": Hue, "RandomResizedCropGPU": RandomResizedCropGPU}
# Where a transform's draws go: the name of the function or class that draws, and its arguments.
DRAWS = {"flip_mat": {"draw": "Flip"}, "dihedral_mat": {"draw": "Dihedral"}, "rotate_mat": {"draw": "Rotate"},
         "zoom_mat": {"draw": "Zoom", "draw_x": "Zoom x", "draw_y": "Zoom y"},
         "_WarpCoord": {"draw_x": "Warp x", "draw_y": "Warp y"}, "_BrightnessLogit": {"draw": "Brightness"},
         "_ContrastLogit": {"draw": "Contrast"}, "_SaturationLogit": {"draw": "Saturation"}, "_Hue": {"draw": "Hue"}}


def give(tfm, draws, crop):
    """Makes the transform draw what is given."""
    if isinstance(tfm, AffineCoordTfm):
        for f in tfm.aff_fs:
            f.keywords.update({arg: draws[name] for arg, name in DRAWS[f.func.__name__].items()}, p=1.0)
    if isinstance(tfm, (LightingTfm, HSVTfm, AffineCoordTfm)):
        for f in getattr(tfm, "coord_fs", []) + getattr(tfm, "fs", []):
            f.p = 1.0
            for arg, name in DRAWS[type(f).__name__].items():
                setattr(f, arg, draws[name])
    if isinstance(tfm, RandomResizedCropGPU) and crop:
        whole = tfm.before_call

        def before_call(b, split_idx):
            whole(b, split_idx)
            if not split_idx:
                tfm.tl, tfm.cp_size = tuple(crop[:2]), tuple(crop[2:])
        tfm.before_call = before_call


def made(name, args):
    if name == "Normalize":
        return Normalize.from_stats(*args, cuda=False)
    args = {k: tuple(v) if isinstance(v, list) else v for k, v in args.items()}
    return KINDS[name](**args)


def run(case):
    x = TensorImage(torch.from_numpy(np.fromfile(case["input"], np.uint8)).view(case["shape"]))
    aug = case.get("aug")
    if aug is None:
        tfms = [made(*t) for t in case["tfms"]]
        if case["compose"]:
            tfms = setup_aug_tfms(tfms)
    else:
        aug = {k: tuple(v) if isinstance(v, list) else v for k, v in aug.items()}
        tfms = list(aug_transforms(**aug))
    for tfm in [IntToFloatTensor()] + sorted(tfms, key=lambda t: t.order):
        give(tfm, case.get("draws"), case.get("crop"))
        x = tfm(x, split_idx=case["split"])
    x.contiguous().numpy().astype(np.float32).tofile(case["output"])
    return list(x.shape)


print(json.dumps([run(case) for case in json.load(sys.stdin)["cases"]]))
