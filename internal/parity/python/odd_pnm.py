"""PBM, PGM and PPM files, plain and binary, of all greatest values, whole and cut: DIR/name.ppm. Prints the names."""
import json
import sys

import numpy as np

out = json.load(sys.stdin)
names = []
rng = np.random.default_rng(0)
W, H = 19, 11


def keep(name, data):
    names.append(name + ".ppm")
    with open(f"{out}/{name}.ppm", "wb") as f:
        f.write(data)


def values(most, channels):
    return rng.integers(0, most + 1, W * H * channels)


def plain(v, width=9):
    words = [str(k) for k in v]
    return "\n".join(" ".join(words[i:i + width]) for i in range(0, len(words), width)).encode() + b"\n"


head = b"%d %d\n" % (W, H)
for most in (1, 2, 3, 7, 100, 254, 255):
    for kind, channels in ((b"2", 1), (b"3", 3)):
        keep(f"p{kind.decode()}_{most}", b"P" + kind + b"\n" + head + b"%d\n" % most + plain(values(most, channels)))
    for kind, channels in ((b"5", 1), (b"6", 3)):
        keep(f"p{kind.decode()}_{most}", b"P" + kind + b"\n" + head + b"%d\n" % most + values(most, channels).astype(np.uint8).tobytes())
for most in (256, 1000, 65534, 65535):
    keep(f"p6_{most}", b"P6\n" + head + b"%d\n" % most + values(most, 3).astype(">u2").tobytes())
    keep(f"p3_{most}", b"P3\n" + head + b"%d\n" % most + plain(values(most, 3)))
bits = rng.integers(0, 2, (H, W)).astype(np.uint8)
packed, digits = np.packbits(bits, axis=1).tobytes(), "".join(str(k) for k in bits.ravel()).encode()
rgb = values(255, 3).astype(np.uint8).tobytes()
for name, data in {
    "p4": b"P4\n" + head + packed, "p4_cut": b"P4\n" + head + packed[:-1], "p1": b"P1\n" + head + digits, "p1_spaced": b"P1\n" + head + b" ".join(digits[i:i + 1] for i in range(len(digits))), "p1_comment": b"P1\n" + head + digits[:50] + b"# 1 0 hello\n" + digits[50:] + b"#x",
    "p1_cut": b"P1\n" + head + digits[:-1], "p1_bad": b"P1\n" + head + digits[:50] + b"2" + digits[51:], "p1_more": b"P1\n" + head + digits + b"0110", "comment": b"P6\n# made by hand\n%d # wide\n%d\n# most\n255\n" % (W, H) + rgb, "comment_mid": b"P6 1#x\n9 11 255\n" + rgb, "comment_cr": b"P6\r# c\r" + head + b"255\r" + rgb,
    "one_line": b"P6 %d %d 255 " % (W, H) + rgb, "tabs": b"P6\t%d\t%d\t255\t" % (W, H) + rgb, "blanks": b"P6\n\n  %d\n\n %d \n255\n" % (W, H) + rgb, "more": b"P6\n" + head + b"255\n" + rgb + b"more", "cut": b"P6\n" + head + b"255\n" + rgb[:-1], "empty": b"P6\n" + head + b"255\n", "no_most": b"P6\n" + head,
    "most0": b"P6\n" + head + b"0\n" + rgb, "most65536": b"P6\n" + head + b"65536\n" + rgb * 2, "negative": b"P6\n-%d %d\n255\n" % (W, H) + rgb, "words": b"P6\nwide high\n255\n" + rgb, "long": b"P6\n%011d %d\n255\n" % (W, H) + rgb, "zeros": b"P6\n%08d %d\n255\n" % (W, H) + rgb, "zero": b"P6\n0 %d\n255\n" % H,
    "p2_too_large": b"P2\n" + head + b"10\n" + plain(values(20, 1)), "p2_cut": b"P2\n" + head + b"10\n" + plain(values(10, 1))[:-20], "p2_bad": b"P2\n" + head + b"10\n" + b"x " + plain(values(10, 1)), "p2_comment": b"P2\n" + head + b"10\n# hello\n" + plain(values(10, 1)), "p2_no_newline": b"P2\n" + head + b"10\n" + plain(values(10, 1))[:-1],
    "p2_long": b"P2\n" + head + b"10\n" + b"00000000001 " + plain(values(10, 1)), "p5_above": b"P5\n" + head + b"100\n" + values(255, 1).astype(np.uint8).tobytes(), "p6_above": b"P6\n" + head + b"300\n" + values(65535, 3).astype(">u2").tobytes(),
}.items():
    keep(name, data)
json.dump(names, sys.stdout)
