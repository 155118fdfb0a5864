"""BMP files with every header, depth and compression, whole and cut: DIR/name.bmp. Prints the names."""
import json
import struct
import sys

import numpy as np

out = json.load(sys.stdin)
names = []
rng = np.random.default_rng(0)
W, H = 23, 14


def keep(name, data):
    names.append(name + ".bmp")
    with open(f"{out}/{name}.bmp", "wb") as f:
        f.write(data)


def stride(bits, w=W):
    return (w * bits + 31) // 32 * 4


def bmp(pixels, bits=24, size=40, compression=0, palette=b"", colours=0, masks=(), w=W, h=H, offset=None, gap=b""):
    if size == 12:
        info = struct.pack("<IHHHH", 12, w, h, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", size, w, h, 1, bits, compression, len(pixels), 2835, 2835, colours, 0)
        if size > 40:
            info += struct.pack("<IIII", *(tuple(masks) + (0, 0, 0, 0))[:4])
            info = (info + bytes(80))[:size]
        elif masks:
            info += struct.pack("<III", *masks[:3])
    at = 14 + len(info) + len(palette) + len(gap)
    return b"BM" + struct.pack("<IHHI", at + len(pixels), 0, 0, at if offset is None else offset) + info + palette + gap + pixels


def noise(bits, w=W, h=H):
    return rng.integers(0, 256, stride(bits, w) * h, dtype=np.uint8).tobytes()


def colours(n, entry=4):
    return rng.integers(0, 256, n * entry, dtype=np.uint8).tobytes()


for size in (12, 40, 52, 56, 64, 108, 124):
    entry = 3 if size == 12 else 4
    for bits in (1, 4, 8):
        keep(f"h{size}_{bits}", bmp(noise(bits), bits, size, palette=colours(1 << bits, entry)))
    for bits in (16, 24, 32):
        keep(f"h{size}_{bits}", bmp(noise(bits), bits, size))
    if size > 12:
        keep(f"h{size}_top_down", bmp(noise(24), 24, size, h=-H) if size == 40 else bmp(noise(8), 8, size, palette=colours(256), h=-H))
masks = {"565": (16, 0xF800, 0x7E0, 0x1F), "555": (16, 0x7C00, 0x3E0, 0x1F), "24": (24, 0xFF0000, 0xFF00, 0xFF), "bgrx": (32, 0xFF0000, 0xFF00, 0xFF, 0), "xbgr": (32, 0xFF000000, 0xFF0000, 0xFF00, 0), "bgxr": (32, 0xFF000000, 0xFF00, 0xFF, 0),
         "abgr": (32, 0xFF000000, 0xFF0000, 0xFF00, 0xFF), "rgba": (32, 0xFF, 0xFF00, 0xFF0000, 0xFF000000), "bgra": (32, 0xFF0000, 0xFF00, 0xFF, 0xFF000000), "bgar": (32, 0xFF000000, 0xFF00, 0xFF, 0xFF0000), "none": (32, 0, 0, 0, 0)}
for name, (bits, *mask) in masks.items():
    for size in (40, 52, 56, 108, 124) if name != "rgba" else (56, 108, 124):  # PIL wants its alpha
        keep(f"mask_{name}_h{size}", bmp(noise(bits), bits, size, 3, masks=mask))
grey = bytes(v for k in range(256) for v in (k, k, k, 0))
for name, data in {
    "grey": bmp(noise(8), 8, palette=grey), "grey_part": bmp(noise(8), 8, palette=grey[:400], colours=100), "black_white": bmp(noise(1), 1, palette=b"\0\0\0\0\xff\xff\xff\0"), "white_black": bmp(noise(1), 1, palette=b"\xff\xff\xff\0\0\0\0\0"),
    "few": bmp(noise(8), 8, palette=colours(30), colours=30), "few4": bmp(noise(4), 4, palette=colours(5), colours=5), "many": bmp(noise(8), 8, palette=colours(256), colours=256, gap=b"gap!"), "no_palette_offset": bmp(noise(8), 8, palette=colours(256), offset=54),
    "offset0": bmp(noise(24), offset=0), "offset0_palette": bmp(noise(8), 8, palette=colours(256), offset=0), "gap": bmp(noise(24), gap=b"gap" * 9), "cut": bmp(noise(24)[:-200]), "cut_padding": bmp(noise(24)[:-2]), "cut_pixel": bmp(noise(24)[:-4]), "more": bmp(noise(24) + b"more"),
    "cut_top_down": bmp(noise(24)[:-200], h=-H), "bits2": bmp(noise(2), 2, palette=colours(4)), "bits0": bmp(noise(24), 0), "jpeg": bmp(noise(24), 24, 40, 4), "png": bmp(noise(24), 24, 40, 5), "rle_24": bmp(noise(24), 24, 40, 1), "mask_8": bmp(noise(8), 8, 40, 3, colours(256), masks=(1, 2, 4)),
    "header16": bmp(noise(24), size=16), "header41": bmp(noise(24), size=41), "zero": bmp(noise(24), w=0), "beyond": bmp(noise(24), offset=99999), "header_cut": bmp(noise(24))[:40], "palette_cut": bmp(b"", 8, palette=colours(100)), "magic_only": b"BM",
}.items():
    keep(name, data)


def rle8(pixels, end=b"\0\1"):
    data = b""
    for y in range(H):
        row, x = pixels[y], 0
        while x < W:
            run = 1
            while x + run < W and row[x + run] == row[x]:
                run += 1
            if run > 2 or W - x < 6:
                data += bytes([run, row[x]])
            else:
                run = min(5, W - x)
                data += bytes([0, run]) + bytes(row[x:x + run]) + bytes(run % 2)
            x += run
        data += b"\0\0"
    return data + end


pixels = rng.integers(0, 200, (H, W)) // 40
pixels[3:7, 4:15] = 9
palette16 = colours(16)
whole = rle8(pixels.tolist())
fours = b"".join(b"\x05\x12\x00\x07\x34\x56\x78\x90\x06\x21" + bytes([W - 18, 0x77]) + b"\0\0" for _ in range(H)) + b"\0\1"
delta = b"\x05\x03" + b"\0\2\x04\x02" + b"\x03\x01\0\0" + b"\0\2\x02\0" + b"\x02\x02" + b"\0\0" * 12 + bytes([W, 4]) * H + b"\0\1"
for name, data in {
    "plain": (whole, 8, 1), "no_end": (whole[:-2], 8, 1), "cut": (whole[:60], 8, 1), "end_early": (whole[:whole.index(b"\0\0") + 2] + b"\0\1", 8, 1), "lines_only": (b"\0\0" * H + b"\0\1", 8, 1), "deltas": (delta, 8, 1), "too_long": (bytes([W + 9, 3]) * H + b"\0\0" + bytes([W, 2, 0, 0]) * H, 8, 1),
    "surplus": (whole + b"\x05\x05" * 99, 8, 1), "four": (fours, 4, 2), "four_cut": (fours[:50], 4, 2), "empty": (b"", 8, 1), "literal_over": (b"\0\x1e" + bytes(range(30)) + bytes([W, 1, 0, 0]) * H, 8, 1), "odd_offset": (whole, 8, 1), "delta_far": (b"\0\2\xff\xff\0\1", 8, 1), "in4": (whole, 4, 1),
}.items():
    keep(f"rle_{name}", bmp(data[0], data[1], 40, data[2], palette16 + colours(240 if data[1] == 8 else 0), gap=b"g" if name == "odd_offset" else b""))
    keep(f"rle_{name}_top_down", bmp(data[0], data[1], 40, data[2], palette16 + colours(240 if data[1] == 8 else 0), h=-H))
json.dump(names, sys.stdout)
