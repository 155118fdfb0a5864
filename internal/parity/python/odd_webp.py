"""WebP files, still and moving, whole and damaged: DIR/name.webp. One that PIL can't read
is named a=b: it holds the same picture as b.webp. Prints the names."""
import io
import json
import struct
import sys

import numpy as np
from PIL import Image

out = json.load(sys.stdin)
names = []
y, x = np.mgrid[0:40, 0:61]
scene = np.stack([x * 4, y * 6, (x * 3 + y * 5) % 256], -1).astype(np.uint8)
rgb = Image.fromarray(scene)
alpha = rgb.copy()
alpha.putalpha(Image.fromarray((x * 4).astype(np.uint8)))


def keep(name, data):
    names.append(name + ".webp")
    with open(f"{out}/{name}.webp", "wb") as f:
        f.write(data)


def encode(im, **options):
    b = io.BytesIO()
    im.save(b, "WEBP", **options)
    return b.getvalue()


def chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def u24(v):
    return v.to_bytes(3, "little")


def moving(payload, canvas=(61, 40), at=(0, 0), size=(61, 40), flags=2, blend=0):
    header = chunk(b"VP8X", bytes([flags, 0, 0, 0]) + u24(canvas[0] - 1) + u24(canvas[1] - 1))
    frame = chunk(b"ANMF", u24(at[0] // 2) + u24(at[1] // 2) + u24(size[0] - 1) + u24(size[1] - 1) + u24(50) + bytes([blend]) + payload)
    return riff(header, chunk(b"ANIM", bytes(6)), frame, frame)


lossless, lossy = encode(rgb, lossless=True), encode(rgb, quality=85)
other = Image.fromarray(255 - scene)
for name, data in {
    "lossless": lossless, "lossy": lossy, "alpha": encode(alpha, lossless=True, exact=True), "alpha_lossy": encode(alpha, quality=85, exact=True), "moving_lossless": encode(rgb, save_all=True, append_images=[other], lossless=True), "moving_lossy": encode(rgb, save_all=True, append_images=[other], quality=85),
    "moving_alpha": encode(alpha, save_all=True, append_images=[other], lossless=True, exact=True), "moving_one": moving(lossless[12:]), "moving_lossy_frame": moving(lossy[12:]), "inside": moving(lossless[12:], (100, 80), (10, 20)), "inside_lossy": moving(lossy[12:], (100, 80), (10, 20)), "beyond": moving(lossless[12:], (50, 30)),
    "wrong_size": moving(lossless[12:], size=(60, 40)), "no_frames": riff(chunk(b"VP8X", bytes([2, 0, 0, 0]) + u24(60) + u24(39)), chunk(b"ANIM", bytes(6))), "cut": lossless[:len(lossless) // 2], "cut_lossy": lossy[:len(lossy) // 2], "header": lossless[:30], "unknown_chunk=lossless": riff(chunk(b"JUNK", b"hello"), lossless[12:]),
    "more": lossless + b"more", "pil_metadata": encode(rgb, lossless=True, xmp=b"<x/>"),
}.items():
    keep(name, data)
json.dump(names, sys.stdout)
