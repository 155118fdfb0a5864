"""Puts the pictures of the loader's figures together: photos.py PHOTOS OUT.

OUT/500px gets links to those of the folder PHOTOS that are JPEG files of at most 640
pixels a side, each eight times; OUT/12mp gets 12 of them enlarged to 4000×3000, each
four times. What is there already is left.
"""
import sys
from pathlib import Path

from PIL import Image

photos, out = Path(sys.argv[1]), Path(sys.argv[2])


def link(folder, name, to):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not path.is_symlink():
        path.symlink_to(to.resolve())


chosen = []
for path in sorted(photos.rglob("*.jpg")):
    with Image.open(path) as im:
        if im.format == "JPEG" and im.mode == "RGB" and max(im.size) <= 640:
            chosen.append(path)
for i, path in enumerate(chosen):
    for k in range(8):
        link(out / "500px" / "ab"[i % 2], f"{i:03d}-{k}.jpg", path)
for i, path in enumerate(chosen[:12]):
    big = out / "large" / f"{i:03d}.jpg"
    if not big.exists():
        big.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).resize((4000, 3000), Image.BICUBIC).save(big, quality=90)
    for k in range(4):
        link(out / "12mp" / "ab"[i % 2], f"{i:03d}-{k}.jpg", big)
