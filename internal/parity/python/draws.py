"""What fastai's transforms draw, 10,000 times: {name: values}, for the distributions that Go's test compares."""
import json
import random
import sys
import warnings

import torch
from fastai.vision.augment import (
    Brightness, Contrast, DihedralItem, FlipItem, Hue, RandomCrop, RandomErasing, RandomResizedCrop,
    RandomResizedCropGPU, Resize, Saturation, Warp, dihedral_mat, find_coeffs, flip_mat, rotate_mat, zoom_mat,
)
from fastai.vision.core import PILImage
from PIL import Image

warnings.filterwarnings("ignore")
n = json.load(sys.stdin)
random.seed(1)
torch.manual_seed(1)
x = torch.zeros(n, 3, 2, 2)
out = {"flip": flip_mat(x, p=0.5)[:, 0, 0]}
m = dihedral_mat(x, p=0.5)
out["dihedral"] = m[:, 0, 0] * 8 + m[:, 0, 1] * 4 + m[:, 1, 0] * 2 + m[:, 1, 1]
out["rotate"] = rotate_mat(x, max_deg=10, p=0.75)[:, 0, 1]
m = zoom_mat(x, 1.0, 1.1, p=0.75)
out["zoom"], out["zoom x"], out["zoom y"] = m[:, 0, 0], m[:, 0, 2], m[:, 1, 2]
warp = Warp(0.2, p=0.75).coord_fs[0]
warp.before_call(x)
m = find_coeffs(warp.orig_pts, warp.targ_pts)[..., 0]
out["warp 0"], out["warp 4"], out["warp 6"], out["warp 7"] = m[:, 0], m[:, 4], m[:, 6], m[:, 7]
for tfm in (Brightness(0.2, 0.75), Contrast(0.2, 0.75), Saturation(0.2, 0.75), Hue(0.1, 0.75)):
    tfm.fs[0].before_call(x)
    out[type(tfm).__name__.lower()] = tfm.fs[0].change
image = PILImage(Image.new("RGB", (97, 61)))


def repeat(tfm, f, names, b=image):
    """Draws of a transform that draws once a call."""
    rows = []
    for _ in range(n):
        tfm.before_call(b, split_idx=0)
        rows.append(f(tfm))
    for i, name in enumerate(names):
        out[name] = torch.tensor([float(r[i]) for r in rows])


repeat(RandomResizedCropGPU(28, min_scale=0.3), lambda t: (*t.tl, *t.cp_size),
       ["crop y", "crop x", "crop h", "crop w"], torch.zeros(1, 3, 61, 97))
repeat(RandomResizedCrop(28), lambda t: (*t.tl, *t.cp_size), ["rrc x", "rrc y", "rrc w", "rrc h"])
repeat(Resize(40), lambda t: (int(t.pcts[0] * (97 - 61)),), ["resize x"])
repeat(RandomCrop((50, 120)), lambda t: t.tl, ["random crop x", "random crop y"])
repeat(FlipItem(0.3), lambda t: (t.do,), ["flip item"])
repeat(DihedralItem(0.6), lambda t: (t.k if t.do else 0,), ["dihedral item"])
erase = RandomErasing(max_count=2)
bounds = [b for b in (erase._bounds(61 * 97, 61, 97) for _ in range(n))]
out["erase y"], out["erase h"] = (torch.tensor([float(f(b)) for b in bounds]) for f in (lambda b: b[0], lambda b: min(b[1], 61) - b[0]))
out["erase x"], out["erase w"] = (torch.tensor([float(f(b)) for b in bounds]) for f in (lambda b: b[2], lambda b: min(b[3], 97) - b[2]))
print(json.dumps({k: torch.as_tensor(v).tolist() for k, v in out.items()}))
