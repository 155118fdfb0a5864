"""TIFF files in strips and tiles, interleaved and in planes, of all depths, colours and compressions, also cut: DIR/name.tif. Files of
which PIL makes garbage are named a=b: they hold the same picture as b.tif. Prints the names."""
import io
import json
import struct
import sys
import zlib

import numpy as np
from PIL import Image

out = json.load(sys.stdin)
names = []
rng = np.random.default_rng(0)
W, H = 37, 26
y, x = np.mgrid[0:H, 0:W]
scene = np.stack([x * 255 // (W - 1), y * 255 // (H - 1), (x * 3 + y * 5) % 256], -1).astype(np.uint8)
scene[3:9, 5:20] = (255, 0, 0)
rgb = Image.fromarray(scene)
TYPES = {"B": 1, "s": 2, "H": 3, "I": 4, "h": 8, "Q": 16}


def keep(name, data):
    names.append(name + ".tif")
    with open(f"{out}/{name}.tif", "wb") as f:
        f.write(data)


def tiff(tags, blocks, order="<", big=False, tiled=False, counts=True):
    """A file of tags {number: (type, values)} and blocks of pixels."""
    tags = dict(tags)
    tags[324 if tiled else 273] = ("I", [0] * len(blocks))
    if counts:
        tags[325 if tiled else 279] = ("I", [len(b) for b in blocks])
    head, entry, inline = (16, 20, 8) if big else (8, 12, 4)
    at = head + (8 if big else 2) + entry * len(tags) + (8 if big else 4)
    at += sum(n for kind, v in tags.values() if (n := struct.calcsize(kind) * len(v)) > inline)
    places = []
    for b in blocks:
        places.append(at)
        at += len(b)
    tags[324 if tiled else 273] = ("I", places)
    body, tail = b"", b""
    behind = head + (8 if big else 2) + entry * len(tags) + (8 if big else 4)
    for tag, (kind, v) in sorted(tags.items()):
        value = struct.pack(order + kind * len(v), *v)
        body += struct.pack(order + ("HHQ" if big else "HHI"), tag, TYPES[kind], len(v))
        if len(value) > inline:
            body, tail = body + struct.pack(order + ("Q" if big else "I"), behind + len(tail)), tail + value
        else:
            body += value.ljust(inline, b"\0")
    mark = b"II" if order == "<" else b"MM"
    start = mark + (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    return start + struct.pack(order + ("Q" if big else "H"), len(tags)) + body + bytes(8 if big else 4) + tail + b"".join(blocks)


def pack(a, bits):
    """Rows of samples, h×(w×samples), each row padded to bytes."""
    if bits >= 8 and bits != 12:
        return a.tobytes()
    digits = (a.astype(np.uint16)[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(digits.reshape(a.shape[0], -1).astype(np.uint8), axis=1).tobytes()


COMPRESS = {1: lambda b: b, 8: zlib.compress, 32946: zlib.compress}


def picture(a, photometric, bits, order="<", planar=False, tile=None, rows=None, compression=1, extra=None, fmt=None, predictor=1, fill=1, more=None, **kw):
    """a is h×w×samples."""
    h, w, n = a.shape
    tags = {256: ("H", [w]), 257: ("H", [h]), 258: ("H", [bits] * n), 259: ("H", [compression]), 262: ("H", [photometric]), 277: ("H", [n]), 284: ("H", [2 if planar else 1])}
    if extra:
        tags[338] = ("H", extra)
    if fmt:
        tags[339] = ("H", [fmt] * n)
    if predictor > 1:
        tags[317] = ("H", [predictor])
    if fill > 1:
        tags[266] = ("H", [fill])
    tags |= more or {}
    if tile:
        tw, th = tile
        tags |= {322: ("H", [tw]), 323: ("H", [th])}
        a = np.pad(a, ((0, -h % th), (0, -w % tw), (0, 0)))
        pieces = [a[j:j + th, i:i + tw] for j in range(0, h, th) for i in range(0, w, tw)]
    else:
        rows = rows or h
        tags[278] = ("H", [rows])
        pieces = [a[j:j + rows] for j in range(0, h, rows)]
    if planar:
        pieces = [p[..., k:k + 1] for k in range(n) for p in pieces]

    def block(p):
        p = p.reshape(p.shape[0], -1) if not (predictor == 2) else np.concatenate([p[:, :1], p[:, 1:] - p[:, :-1]], 1).reshape(p.shape[0], -1)
        if p.dtype.itemsize > 1 and bits != 12:
            p = p.astype(p.dtype.newbyteorder(order))
        data = pack(p, bits)
        if fill == 2:
            data = bytes(int(f"{v:08b}"[::-1], 2) for v in data)
        return COMPRESS[compression](data)

    return tiff(tags, [block(p) for p in pieces], order, tiled=bool(tile), **kw)


grey = scene[..., :1]
deep = (scene.astype(np.uint16) << 8) + rng.integers(0, 256, scene.shape).astype(np.uint16)
alpha = np.dstack([scene, (x * 255 // (W - 1)).astype(np.uint8)])
for order, mark in (("<", "ii"), (">", "mm")):
    keep(f"rgb_{mark}", picture(scene, 2, 8, order))
    keep(f"grey_{mark}", picture(grey, 1, 8, order))
    keep(f"grey16_{mark}", picture(deep[..., :1], 1, 16, order))
    keep(f"rgb16_{mark}", picture(deep, 2, 16, order))
    keep(f"rgba16_{mark}", picture(np.dstack([deep, deep[..., :1]]), 2, 16, order, extra=[2]))
    keep(f"int16_{mark}", picture((deep[..., :1].astype(np.int32) // 100 - 100).astype(np.int16), 1, 16, order, fmt=2))
    keep(f"int32_{mark}", picture(deep[..., :1].astype(np.int32) // 100 - 100, 1, 32, order, fmt=2))
    keep(f"float_{mark}", picture(deep[..., :1].astype(np.float32) / 150 - 50, 1, 32, order, fmt=3))
    keep(f"float_deflate_{mark}" + ("=float_mm" if mark == "mm" else ""), picture(deep[..., :1].astype(np.float32) / 150 - 50, 1, 32, order, fmt=3, compression=8, rows=5))
    keep(f"rgb16_predicted_{mark}", picture(deep, 2, 16, order, compression=8, predictor=2, rows=7))
    keep(f"cmyk16_{mark}", picture(np.dstack([deep, deep[..., :1] // 3]), 5, 16, order))
    keep(f"big_{mark}" + ("=rgb_mm" if mark == "mm" else ""), picture(scene, 2, 8, order, big=True, rows=4))
    keep(f"tiles_{mark}", picture(scene, 2, 8, order, tile=(16, 16)))
    keep(f"deflate_{mark}", picture(scene, 2, 8, order, compression=8, rows=3))
for bits in (1, 2, 4, 8):
    a = (grey >> (8 - bits)).astype(np.uint8)
    colours = rng.integers(0, 65536, 3 << bits).tolist()
    for fill in (1, 2):
        keep(f"black{bits}_fill{fill}", picture(a, 1, bits, fill=fill))
        keep(f"white{bits}_fill{fill}" + ("=white8_fill1" if fill == 2 and bits == 8 else ""), picture(a, 0, bits, fill=fill))
        keep(f"palette{bits}_fill{fill}" + (f"=palette{bits}_fill1" if fill == 2 and bits < 8 else ""), picture(a, 3, bits, fill=fill, more={320: ("H", colours)}))
    keep(f"grey{bits}_deflate", picture(a, 1, bits, compression=8, rows=5))
keep("grey12", picture(grey.astype(np.uint16) * 16 + 5, 1, 12))
keep("grey8_signed", picture(grey, 1, 8, fmt=2))
keep("uint32", picture(deep[..., :1].astype(np.uint32), 1, 32))
for extra in (0, 2):
    keep(f"grey_extra{extra}", picture(np.dstack([grey, alpha[..., 3:]]), 1, 8, extra=[extra]))
keep("grey_premultiplied=grey_ii", picture(np.dstack([grey, 0 * grey + 255]), 1, 8, extra=[1]))
for extra in (None, [0], [1], [2], [999]):
    keep(f"rgba_{extra and extra[0]}", picture(alpha, 2, 8, extra=extra))
keep("rgba_premultiplied_deflate", picture(alpha, 2, 8, extra=[1], compression=8))
keep("rgb_two_extra", picture(np.dstack([alpha, grey]), 2, 8, extra=[2, 0]))
keep("cmyk", picture(np.dstack([scene, grey // 2]), 5, 8))
keep("cmyk_extra", picture(np.dstack([scene, grey // 2, grey]), 5, 8, extra=[0]))
keep("palette_alpha", picture(np.dstack([grey, grey]), 3, 8, extra=[2], more={320: ("H", rng.integers(0, 65536, 768).tolist())}))
keep("ycbcr", picture(np.asarray(rgb.convert("YCbCr")), 6, 8, more={530: ("H", [1, 1])}))
keep("planar", picture(scene, 2, 8, planar=True))
keep("planar_strips", picture(scene, 2, 8, planar=True, rows=7))
keep("planar_tiles", picture(scene, 2, 8, planar=True, tile=(16, 16)))
keep("planar_deflate", picture(scene, 2, 8, planar=True, compression=8, rows=7))
keep("planar_predicted", picture(scene, 2, 8, planar=True, compression=8, predictor=2, rows=7))
keep("predicted", picture(scene, 2, 8, compression=8, predictor=2))
keep("old_deflate", picture(scene, 2, 8, compression=32946))
keep("tiles_deflate", picture(scene, 2, 8, compression=8, tile=(32, 16)))
keep("tiles_larger", picture(scene, 2, 8, tile=(64, 64)))
keep("base16", picture(deep, 2, 16))
for name, options in {"planar": {"planar": True}, "planar_tiles": {"planar": True, "tile": (16, 16)}, "planar_mm": {"planar": True, "order": ">"}, "planar_deflate": {"planar": True, "compression": 8, "rows": 5}, "planar_predicted": {"planar": True, "compression": 8, "predictor": 2, "rows": 5}}.items():
    keep(f"{name}=base16", picture(deep, 2, 16, **options))
keep("base_rgba", picture(alpha, 2, 8, extra=[2]))
keep("planar_rgba=base_rgba", picture(alpha, 2, 8, extra=[2], planar=True, rows=7))
for name, options in {"no_counts": {"counts": False}, "rows_huge": {"more": {278: ("I", [2**32 - 1])}}, "compression_unknown": {"more": {259: ("H", [12345])}}, "logluv": {"more": {259: ("H", [34676])}}, "photometric_unknown": {"more": {262: ("H", [77])}}, "bits_mixed": {"more": {258: ("H", [8, 8, 4])}},
                      "bits_one": {"more": {258: ("H", [8])}}, "bits_more": {"more": {258: ("H", [8, 8, 8, 8])}}, "predictor_left_raw": {"more": {317: ("H", [2])}}, "height_zero": {"more": {257: ("H", [0])}}, "bits24": {"more": {258: ("H", [24] * 3)}}}.items():
    keep(name, picture(scene, 2, 8, **options))
whole = picture(scene, 2, 8, rows=5)
packed = picture(scene, 2, 8, compression=8, rows=5)
keep("cut", whole[:-300])
keep("cut_deflate", packed[:-40])
keep("checksum", packed[:-1] + bytes([packed[-1] ^ 255]))
keep("checksum_cut", packed[:-2])
keep("more", whole + b"more")
keep("header_only", whole[:8])
keep("directory_cut", whole[:60])
keep("wrong_version", b"II\0*" + whole[4:])
pages = io.BytesIO()
rgb.save(pages, "TIFF", save_all=True, append_images=[rgb.convert("L"), Image.new("RGB", (5, 5))])
keep("pages", pages.getvalue())


def pil(name, im, **options):
    b = io.BytesIO()
    im.save(b, "TIFF", **options)
    keep(name if name.startswith(("refused", "rgbonly")) else "pil_" + name, b.getvalue())


for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"):
    im = Image.fromarray(deep[..., 0]) if mode == "I;16" else rgb.convert(mode)
    pil(mode.replace(";", ""), im)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"):
        if mode != "YCbCr":
            pil(f"{mode.replace(';', '')}_{compression}", im, compression=compression)
for quality in (50, 95):
    pil(f"jpeg{quality}", rgb.resize((150, 130)), compression="jpeg", quality=quality)
pil("jpeg_grey", rgb.convert("L"), compression="jpeg")
pil("jpeg_strips", rgb.resize((200, 300)), compression="jpeg", strip_size=200 * 3 * 64)
pil("jpeg_ycbcr", rgb.convert("YCbCr").resize((160, 128)), compression="jpeg", quality=95)
pil("big_pil", rgb, big_tiff=True)
pil("group3", rgb.convert("1"), compression="group3")
pil("group4", rgb.convert("1"), compression="group4")
pil("predictor", rgb, compression="tiff_lzw", tiffinfo={317: 2})
lab = Image.merge("LAB", [Image.fromarray(np.ascontiguousarray(scene[..., k])) for k in range(3)])
lab.putdata([(40 + l * 3 // 4, 118 + a // 12, 118 + b // 12) for l, a, b in scene.reshape(-1, 3).tolist()])  # within sRGB
pil("rgbonly_lab", lab)
pil("rgbonly_lab_deflate", lab, compression="tiff_adobe_deflate")
pil("refused_lzma", rgb, compression="lzma")
json.dump(names, sys.stdout)
