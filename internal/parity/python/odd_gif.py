"""GIF files: interlaced, with palettes of all kinds, frames within and beyond the screen, extensions, and cut or damaged ones:
DIR/name.gif. Of those named rgbonly_… PIL makes another grey than of their RGB. Prints the names."""
import io
import json
import struct
import sys

import numpy as np
from PIL import Image

out = json.load(sys.stdin)
names = []
rng = np.random.default_rng(0)


def keep(name, data):
    names.append(name + ".gif")
    with open(f"{out}/{name}.gif", "wb") as f:
        f.write(data)


def lzw(pixels, bits, clear_every=0, grow=True):
    """Pixels in blocks of up to 255 bytes, by a packer that clears its table when it likes to."""
    clear, end = 1 << bits, (1 << bits) + 1
    stream, table, n = [], {}, bits + 1

    def code(c):
        stream.append((c, n))

    code(clear)
    table, next_code, word, since = {(k,): k for k in range(clear)}, end + 1, (), 0
    for p in pixels:
        since += 1
        if word + (p,) in table and grow:
            word += (p,)
            continue
        if word:
            code(table[word])
            if next_code < 4096:
                table[word + (p,)] = next_code
                if next_code == 1 << n and n < 12:
                    n += 1
                next_code += 1
        word = (p,)
        if clear_every and since > clear_every:
            code(table[word])
            code(clear)
            table, next_code, n, word, since = {(k,): k for k in range(clear)}, end + 1, bits + 1, (), 0
    if word:
        code(table[word])
        if next_code == 1 << n and n < 12:
            n += 1
    code(end)
    value = held = 0
    data = bytearray()
    for c, size in stream:
        value |= c << held
        held += size
        while held >= 8:
            data.append(value & 255)
            value >>= 8
            held -= 8
    if held:
        data.append(value & 255)
    return bytes(data)


def blocks(data, size=255):
    return b"".join(bytes([len(data[i:i + size])]) + data[i:i + size] for i in range(0, len(data), size)) + b"\0"


W, H = 21, 17
palette = rng.integers(0, 256, 768, dtype=np.uint8).tobytes()
pixels = [int(v) for v in rng.integers(0, 16, W * H)]
smooth = [(x + y) // 3 % 16 for y in range(H) for x in range(W)]


def screen(w=W, h=H, colours=palette[:48], background=0, version=b"GIF89a"):
    bits = (len(colours) // 3).bit_length() - 1
    return version + struct.pack("<HHBBB", w, h, 0x80 | (bits - 1) if colours else 0, background, 0) + colours


def frame(data, x=0, y=0, w=W, h=H, bits=4, interlaced=False, colours=b""):
    flags = (0x40 if interlaced else 0) | ((0x80 | ((len(colours) // 3).bit_length() - 2)) if colours else 0)
    return b"," + struct.pack("<HHHHB", x, y, w, h, flags) + colours + bytes([bits]) + data


def control(transparent=None, disposal=0):
    return b"!\xf9\x04" + struct.pack("<BHB", disposal << 2 | (transparent is not None), 10, transparent or 0) + b"\0"


body, soft = lzw(pixels, 4), lzw(smooth, 4)
plain = blocks(body)
grey = bytes(v for k in range(16) for v in (k, k, k))
for name, data in {
    "plain": screen() + frame(plain) + b";", "smooth": screen() + frame(blocks(soft)) + b";", "87a": screen(version=b"GIF87a") + frame(plain) + b";", "interlaced": screen() + frame(plain, interlaced=True) + b";",
    "clears": screen() + frame(blocks(lzw(pixels, 4, 50))) + b";", "no_strings": screen() + frame(blocks(lzw(pixels, 4, 0, False))) + b";", "small_blocks": screen() + frame(blocks(body, 3)) + b";",
    "local": screen() + frame(plain, colours=palette[300:348]) + b";", "local_only": screen(colours=b"") + frame(plain, colours=palette[300:348]) + b";", "no_palette": screen(colours=b"") + frame(plain) + b";",
    "grey": screen(colours=grey) + frame(plain) + b";", "rgbonly_grey_local": screen() + frame(plain, colours=grey) + b";", "short_palette": screen(colours=palette[:12]) + frame(plain) + b";",
    "transparent": screen() + control(3) + frame(plain) + b";", "inside": screen(40, 30) + frame(plain, 5, 6) + b";", "inside_transparent": screen(40, 30) + control(7) + frame(plain, 5, 6) + b";",
    "inside_background": screen(40, 30, background=5) + frame(plain, 5, 6) + b";", "inside_beyond": screen(40, 30) + control(200) + frame(plain, 5, 6) + b";", "beyond": screen(10, 8) + frame(plain) + b";", "beyond_at": screen(10, 8) + frame(plain, 5, 6) + b";",
    "screen_zero": screen(0, 0) + frame(plain) + b";", "interlaced_low": screen(W, 3) + frame(blocks(lzw(pixels[:3 * W], 4)), h=3, interlaced=True) + b";", "frame_zero": screen() + frame(plain, w=0) + b";",
    "comment": screen() + b"!\xfe\x05hello\x03abc\0" + frame(plain) + b";", "netscape": screen() + b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0" + frame(plain) + b";", "unknown_extension": screen() + b"!\x77\x03abc\0" + frame(plain) + b";", "control_twice": screen(40, 30) + control(7) + control() + frame(plain, 5, 6) + b";",
    "two": screen() + frame(plain) + frame(blocks(soft)) + b";", "junk_between": screen() + b"\0\0\x77" + frame(plain) + b";", "no_trailer": screen() + frame(plain), "no_terminator": screen() + frame(plain[:-1]), "cut_block": screen() + frame(plain[:-3]),
    "cut_half": screen() + frame(plain[:80]), "no_end_code": screen() + frame(blocks(body[:-1])) + b";", "end_early": screen() + frame(blocks(lzw(pixels[:100], 4))) + b";", "junk": screen() + frame(plain) + b";" + b"junk" * 50, "surplus": screen() + frame(blocks(lzw(pixels + pixels, 4))) + b";",
    "no_clear": screen() + frame(blocks(bytes([0x10, 0x32, 0x54]) * 200)) + b";", "code_beyond": screen() + frame(blocks(b"\x10\xff" + body[2:])) + b";", "bits0": screen() + frame(blocks(lzw([0] * W * H, 1)), bits=0) + b";", "bits13": screen() + frame(plain, bits=13) + b";", "bits1": screen() + frame(blocks(lzw([v % 2 for v in pixels], 1)), bits=1) + b";",
    "bits2": screen() + frame(blocks(lzw([v % 4 for v in pixels], 2)), bits=2) + b";", "bits8": screen(colours=palette) + frame(blocks(lzw([v * 16 for v in pixels], 8)), bits=8) + b";", "header_only": screen(), "no_frame": screen() + b";", "cut_descriptor": screen() + frame(plain)[:6], "cut_palette": screen()[:30],
    "long": screen(200, 200) + frame(blocks(lzw([int(v) for v in rng.integers(0, 16, 40000)], 4)), w=200, h=200) + b";", "long_flat": screen(300, 300) + frame(blocks(lzw([5] * 90000, 4)), w=300, h=300) + b";",
    "full_table": screen(200, 200, palette) + frame(blocks(lzw([int(v) for v in rng.integers(0, 256, 40000)], 8)), w=200, h=200, bits=8) + b";",
}.items():
    keep(name, data)
for size in ((1, 1), (300, 2), (2, 300)):
    b = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (size[1], size[0]), dtype=np.uint8)).convert("P").save(b, "GIF")
    keep(f"pil{size[0]}", b.getvalue())
json.dump(names, sys.stdout)
