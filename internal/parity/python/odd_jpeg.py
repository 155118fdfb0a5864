"""JPEG files that end early, go on too long or have markers where none belong, and CMYK without Adobe's marker: DIR/name.jpg.
Prints the names."""
import io
import json
import sys

import numpy as np
from PIL import Image

out = json.load(sys.stdin)
names = []
noise = np.random.default_rng(0).integers(0, 255, (141, 211, 3)).astype(np.uint8)
noise[20:60, 30:90] = (noise[20:60, 30:90] // 16) + 200
picture = Image.fromarray(noise)


def encode(im, **options):
    b = io.BytesIO()
    im.save(b, "JPEG", **options)
    return b.getvalue()


def keep(name, data):
    names.append(name + ".jpg")
    with open(f"{out}/{name}.jpg", "wb") as f:
        f.write(data)


junk = b"hello world!" * 9
for kind, options in {"base": {"quality": 50}, "420": {"subsampling": 2}, "restarts": {"restart_marker_rows": 1}, "progressive": {"progressive": True}}.items():
    whole = encode(picture, **options)
    n = len(whole)
    body, half, rest = whole[:-2], whole[:n // 2], whole[n // 2:]
    for what, data in {
        "whole": whole, "more": whole + junk, "noeoi": body, "halfeoi": whole[:-1], "cut": half, "cut_late": whole[:n * 97 // 100],
        "noeoi_junk1": body + b"h", "noeoi_junk2": body + b"he", "noeoi_junk": body + junk, "noeoi_zeros": body + bytes(500), "noeoi_ff": body + b"\xff" * 500,
        "noeoi_jpeg": body + whole, "noeoi_soi": body + b"\xff\xd8", "noeoi_dht": body + b"\xff\xc4\0\1", "noeoi_app": body + b"\xff\xe0\0\2\xff\xd9", "noeoi_rst": body + b"\xff\xd1\xff\xd9",
        "cut_jpeg": half + whole, "cut_eoi": half + b"\xff\xd9", "cut_junk": half + junk, "cut_zeros": half + bytes(n), "cut_app": half + b"\xff\xe0\0\2\xff\xd9",
        "mid_eoi": half + b"\xff\xd9" + rest, "mid_soi": half + b"\xff\xd8" + rest, "mid_app": half + b"\xff\xe0\0\4ab" + rest, "mid_rst": half + b"\xff\xd3" + rest,
        "mid_dht": half + b"\xff\xc4\0\1" + rest, "mid_tem": half + b"\xff\x01" + rest, "mid_fill": half + b"\xff\xff\xff\x01" + rest,
        "zeroed": half + bytes(n // 4) + whole[n // 2 + n // 4:],
    }.items():
        keep(f"{kind}_{what}", data)

cmyk = encode(Image.merge("CMYK", [*picture.split(), picture.convert("L").point(lambda v: v // 2)]), quality=95)
at = cmyk.index(b"\xff\xee")
keep("cmyk", cmyk)
keep("cmyk_noadobe", cmyk[:at] + cmyk[at + 2 + int.from_bytes(cmyk[at + 2:at + 4], "big"):])
json.dump(names, sys.stdout)
