"""AVIF files as PIL writes them, whole and cut: DIR/name.avif. Prints the names."""
import io
import json
import sys

import numpy as np
from PIL import Image

out = json.load(sys.stdin)
names = []
y, x = np.mgrid[0:40, 0:62]
rgb = Image.fromarray(np.stack([x * 4, y * 6, (x * 3 + y * 5) // 2 % 256], -1).astype(np.uint8))
alpha = rgb.copy()
alpha.putalpha(Image.fromarray((x * 4).astype(np.uint8)))


def encode(im, **options):
    b = io.BytesIO()
    im.save(b, "AVIF", **options)
    return b.getvalue()


def keep(name, data):
    names.append(name + ".avif")
    with open(f"{out}/{name}.avif", "wb") as f:
        f.write(data)


whole = encode(rgb, quality=90)
for name, data in {"plain": whole, "444": encode(rgb, quality=90, subsampling="4:4:4"), "grey": encode(rgb.convert("L"), quality=90), "alpha": encode(alpha, quality=90), "moving": encode(rgb, save_all=True, append_images=[rgb.rotate(180)], quality=90), "cut": whole[:len(whole) // 2], "header": whole[:60]}.items():
    keep(name, data)
for k in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = k
    keep(f"turned{k}", encode(rgb, quality=90, exif=exif))
json.dump(names, sys.stdout)
