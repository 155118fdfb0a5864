"""PNG files of every colour type and depth, interlaced or not, with every filter, and with every fault that a file may have:
DIR/name.png. Prints the names."""
import json
import struct
import sys
import zlib

import numpy as np

out = json.load(sys.stdin)
names = []
rng = np.random.default_rng(0)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def keep(name, data):
    names.append(name + ".png")
    with open(f"{out}/{name}.png", "wb") as f:
        f.write(data)


def chunk(kind, body, crc=None):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)


def header(w, h, depth, colour, compression=0, filtering=0, interlaced=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, compression, filtering, interlaced))


def rows(w, h, depth, colour, filters):
    """Random rows, filtered."""
    bits = depth * CHANNELS[colour]
    n, step = (w * bits + 7) // 8, max(bits // 8, 1)
    before, raw = np.zeros(n, np.uint8), b""
    for y in range(h):
        row = rng.integers(0, 256, n, dtype=np.uint8)
        left, corner = np.roll(row, step), np.roll(before, step)
        left[:step] = corner[:step] = 0
        a, b, c = left.astype(int), before.astype(int), corner.astype(int)
        p = a + b - c
        pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
        paeth = np.where((pa <= pb) & (pa <= pc), a, np.where(pb <= pc, b, c))
        kind = filters[y % len(filters)]
        raw += bytes([kind]) + (row - [0, a, b, (a + b) // 2, paeth][kind]).astype(np.uint8).tobytes()
        before = row
    return raw


def interlaced(w, h, depth, colour, filters):
    raw = b""
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        pw, ph = -((x - w) // dx), -((y - h) // dy)
        if pw > 0 and ph > 0:
            raw += rows(pw, ph, depth, colour, filters)
    return raw


palette = rng.integers(0, 256, 768, dtype=np.uint8).tobytes()


def whole(w, h, depth, colour, interlace=0, filters=(0, 1, 2, 3, 4), extra=b""):
    raw = (interlaced if interlace else rows)(w, h, depth, colour, filters)
    colours = chunk(b"PLTE", palette[:3 << depth]) if colour == 3 else b""
    return SIGNATURE + header(w, h, depth, colour, interlaced=interlace) + colours + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


for colour, depths in {0: (1, 2, 4, 8), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
    for depth in depths:
        for interlace in (0, 1):
            keep(f"c{colour}_d{depth}_i{interlace}", whole(33, 19, depth, colour, interlace))
for w, h in ((1, 1), (2, 1), (1, 2), (4, 4), (5, 5), (7, 3), (3, 9)):
    for depth, colour in ((1, 0), (8, 2), (4, 3)):
        keep(f"small{w}x{h}_c{colour}", whole(w, h, depth, colour, 1))
for name, transparency in (("grey", (8, 0, struct.pack(">H", 3))), ("rgb", (8, 2, struct.pack(">HHH", 1, 2, 3))), ("palette", (8, 3, bytes(range(200))))):
    keep(f"transparent_{name}", whole(9, 9, *transparency[:2], extra=chunk(b"tRNS", transparency[2])))

W, H = 23, 17
raw = rows(W, H, 8, 2, (4, 1))
ihdr, packed = header(W, H, 8, 2), zlib.compress(raw)
idat, iend = chunk(b"IDAT", packed), chunk(b"IEND", b"")
text = chunk(b"tEXt", b"Comment\0hello")
third = len(packed) // 3
split = chunk(b"IDAT", packed[:third]) + chunk(b"IDAT", packed[third:2 * third]) + chunk(b"IDAT", packed[2 * third:])
plte = chunk(b"PLTE", palette[:48])
indices = zlib.compress(b"".join(b"\0" + bytes((x + y) % 40 for x in range(W)) for y in range(H)))
p8 = header(W, H, 8, 3)
for name, body in {
    "plain": ihdr + idat + iend, "noiend": ihdr + idat, "cut_iend": ihdr + idat + iend[:7], "iend_length": ihdr + idat + b"\0\0\0\x09IEND", "iend_crc": ihdr + idat + chunk(b"IEND", b"", 5),
    "no_crc": ihdr + idat[:-4], "half_crc": ihdr + idat[:-2], "crc_idat": ihdr + chunk(b"IDAT", packed, 5) + iend, "crc_ihdr": ihdr[:-1] + b"\0" + idat + iend, "crc_text": ihdr + text[:-1] + b"\0" + idat + iend,
    "crc_text_late": ihdr + idat + text[:-1] + b"\0" + iend, "cut_text_late": ihdr + idat + text[:-9], "cut_name_late": ihdr + idat + text[:6], "bad_name_late": ihdr + idat + b"\0\0\0\x04\xff\xfe\xfd\xfcabcd" + iend,
    "bad_name": ihdr + b"\0\0\0\x04\xff\xfe\xfd\xfcabcd" + idat + iend, "odd_name": ihdr + chunk(b"a_0Z", b"hi") + idat + iend, "junk": ihdr + idat + iend + b"junk" * 99, "junk_no_iend": ihdr + idat + b"junk" * 99,
    "split": ihdr + split + iend, "split_empty": ihdr + chunk(b"IDAT", b"") + split + chunk(b"IDAT", b"") + iend, "split_text": ihdr + chunk(b"IDAT", packed[:third]) + text + chunk(b"IDAT", packed[third:]) + iend,
    "split_bytes": ihdr + b"".join(chunk(b"IDAT", packed[i:i + 1]) for i in range(len(packed))) + iend,
    "surplus_rows": ihdr + chunk(b"IDAT", zlib.compress(raw + bytes(500))) + iend, "surplus_idat": ihdr + idat + chunk(b"IDAT", b"more") + iend, "surplus_idat_cut": ihdr + idat + chunk(b"IDAT", b"more" * 9)[:20],
    "surplus_bytes": ihdr + chunk(b"IDAT", packed + b"junk") + iend, "adler": ihdr + chunk(b"IDAT", packed[:-4] + b"\0\0\0\0") + iend, "no_adler": ihdr + chunk(b"IDAT", packed[:-4]) + iend, "adler_split": ihdr + chunk(b"IDAT", packed[:-4]) + chunk(b"IDAT", b"\0\0\0\0") + iend,
    "no_eob": ihdr + chunk(b"IDAT", packed[:-5]) + iend, "cut_data": ihdr + chunk(b"IDAT", packed[:third]) + iend, "cut_file": ihdr + idat[:third], "cut_late": ihdr + idat[:-30], "fewer_rows": ihdr + chunk(b"IDAT", zlib.compress(raw[:-3 * (3 * W + 1)])) + iend,
    "fewer_bytes": ihdr + chunk(b"IDAT", zlib.compress(raw[:-5])) + iend, "no_rows": ihdr + chunk(b"IDAT", zlib.compress(b"")) + iend, "empty_idat": ihdr + chunk(b"IDAT", b"") + iend, "no_idat": ihdr + iend, "flipped": ihdr + chunk(b"IDAT", packed[:third] + bytes([packed[third] ^ 255]) + packed[third + 1:]) + iend,
    "zlib_header": ihdr + chunk(b"IDAT", b"\x78\x02" + packed[2:]) + iend, "zlib_window": ihdr + chunk(b"IDAT", b"\x88\x1c" + packed[2:]) + iend, "raw_deflate": ihdr + chunk(b"IDAT", packed[2:]) + iend, "zlib_dictionary": ihdr + chunk(b"IDAT", b"\x78\xbb" + packed[2:]) + iend,
    "filter9": ihdr + chunk(b"IDAT", zlib.compress(b"\x09" + raw[1:])) + iend, "compression1": header(W, H, 8, 2, 1) + idat + iend, "filtering1": header(W, H, 8, 2, 0, 1) + idat + iend, "interlace2": header(1, 1, 8, 2, 0, 0, 2) + chunk(b"IDAT", zlib.compress(b"\0abc")) + iend,
    "plte_rgb": ihdr + plte + idat + iend, "plte_before": plte + ihdr + idat + iend, "text_before": text + ihdr + idat + iend, "plte_late": ihdr + idat + plte + iend, "ihdr_twice": header(1, 1, 8, 0) + ihdr + idat + iend, "ihdr_late": idat + ihdr + iend,
    "ihdr_long": chunk(b"IHDR", ihdr[8:21] + b"more") + idat + iend, "ihdr_short": chunk(b"IHDR", ihdr[8:20]) + idat + iend, "zero": header(0, H, 8, 2) + idat + iend, "depth3": header(W, H, 3, 0) + idat + iend, "colour1": header(W, H, 8, 1) + idat + iend, "colour7": header(W, H, 8, 7) + idat + iend,
    "pal_none": p8 + chunk(b"IDAT", indices) + iend, "pal_short": p8 + plte + chunk(b"IDAT", indices) + iend, "pal_odd": p8 + chunk(b"PLTE", palette[:46]) + chunk(b"IDAT", indices) + iend, "pal_late": p8 + chunk(b"IDAT", indices) + plte + iend,
    "pal_twice": p8 + plte + chunk(b"PLTE", palette[300:360]) + chunk(b"IDAT", indices) + iend, "pal_empty": p8 + chunk(b"PLTE", b"") + chunk(b"IDAT", indices) + iend, "pal_behind_trns": p8 + chunk(b"tRNS", b"\0\1\2") + plte + chunk(b"IDAT", indices) + iend,
    "pal_grey": header(W, H, 8, 0) + plte + chunk(b"IDAT", indices) + iend, "interlaced_cut": header(33, 19, 8, 2, 0, 0, 1) + chunk(b"IDAT", zlib.compress(interlaced(33, 19, 8, 2, (0,)))[:-200]) + iend,
    "interlaced_fewer": header(33, 19, 8, 2, 0, 0, 1) + chunk(b"IDAT", zlib.compress(interlaced(33, 19, 8, 2, (0,))[:-300])) + iend, "signature_only": b"", "header_only": ihdr, "stored": ihdr + chunk(b"IDAT", zlib.compress(raw, 0)) + iend,
}.items():
    keep(name, SIGNATURE + body)
json.dump(names, sys.stdout)
