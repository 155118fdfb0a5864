"""Pictures whose orientation stands where it seldom stands: DIR/name. Prints the names."""
import io
import json
import struct
import sys
import zlib

import numpy as np
from PIL import Image

out = json.load(sys.stdin)
names = []
y, x = np.mgrid[0:40, 0:60]
picture = Image.fromarray(np.stack([x * 4, y * 6, (x + y) * 2], -1).astype(np.uint8))
TAG = 0x0112


def keep(name, data):
    names.append(name)
    with open(f"{out}/{name}", "wb") as f:
        f.write(data)


def encode(kind, **options):
    b = io.BytesIO()
    picture.save(b, kind, **options)
    return b.getvalue()


def tiff(*entries, order="<", magic=None, at=8, count=None):
    """A TIFF structure with one directory of (tag, type, count, value's bytes)."""
    head = (magic or {"<": b"II*\0", ">": b"MM\0*"}[order]) + struct.pack(order + "I", at) + bytes(max(at - 8, 0))
    body, tail = struct.pack(order + "H", len(entries) if count is None else count), b""
    behind = len(head) + 2 + 12 * len(entries) + 4
    for tag, kind, n, value in entries:
        body += struct.pack(order + "HHI", tag, kind, n)
        if len(value) > 4:
            body, tail = body + struct.pack(order + "I", behind + len(tail)), tail + value
        else:
            body += value.ljust(4, b"\0")
    return head + body + bytes(4) + tail


def short(k, order="<"):
    return (TAG, 3, 1, struct.pack(order + "H", k))


structures = {"plain": tiff(short(6)), "big": tiff(short(6, ">"), order=">"), "far": tiff(short(6), at=100), "odd": tiff(short(6), at=9)}
for name, kind, value in (("long", 4, struct.pack("<I", 6)), ("sshort", 8, struct.pack("<h", 6)), ("slong", 9, struct.pack("<i", 6)), ("sbyte", 6, b"\x06"),
                          ("byte", 1, b"\x06"), ("undefined", 7, b"\x06"), ("ascii", 2, b"6\0"), ("float", 11, struct.pack("<f", 6)), ("double", 12, struct.pack("<d", 6)),
                          ("rational", 5, struct.pack("<II", 12, 2)), ("srational", 10, struct.pack("<ii", 6, 1)), ("ifd", 13, struct.pack("<I", 6)), ("long8", 16, struct.pack("<Q", 6)),
                          ("unknown", 99, b"\x06"), ("fraction", 11, struct.pack("<f", 6.5)), ("negative", 8, struct.pack("<h", -6)), ("half", 5, struct.pack("<II", 13, 2)), ("zero_zero", 5, bytes(8))):
    structures[name] = tiff((TAG, kind, 1, value))
for n in (0, 2, 3, 100000, 0xffffffff):
    structures[f"count{n}"] = tiff((TAG, 3, n, struct.pack("<H", 6) * min(n or 1, 9)))
for k in (0, 1, 2, 3, 4, 5, 7, 8, 9, 255):
    structures[f"value{k}"] = tiff(short(k))
structures |= {
    "twice": tiff(short(6), short(3)), "zero_then": tiff((TAG, 3, 0, b""), short(3)), "other": tiff((270, 2, 3, b"ab\0")), "wrong_order": tiff(short(6), magic=b"II\0*"),
    "empty": b"", "cut": tiff(short(6))[:14], "cut_late": tiff(short(6))[:22], "cut_next": tiff(short(6))[:24], "many": tiff(short(6), count=500),
    "broken_first": tiff((270, 2, 400, b"abcdefgh"), short(6)), "beyond_first": tiff((270, 2, 12, b"abcdefgh"), short(6)), "beyond": tiff(short(6))[:4] + struct.pack("<I", 10**6),
}
prefix = b"Exif\0\0"
jpg = encode("JPEG", quality=95, subsampling=0)


def segment(marker, body, length=None):
    return bytes([0xff, marker]) + struct.pack(">H", len(body) + 2 if length is None else length) + body


def app1(body=prefix + structures["plain"]):
    return segment(0xe1, body)


def xmp(text):
    return segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0" + text)


def jpeg(name, between, at=2):
    keep(f"jpeg_{name}.jpg", jpg[:at] + between + jpg[at:])


attribute, element = b'<x tiff:Orientation="6"/>', b"<tiff:Orientation>6</tiff:Orientation>"
for name, structure in structures.items():
    jpeg(name, app1(prefix + structure))
for name, between in {
    "fill": b"\xff" * 5 + app1(), "fill_inside": app1()[:1] + b"\xff\xff" + app1()[1:], "junk": b"junk" + app1(), "zeros": bytes(30) + app1(), "ff00": b"\xff\0\xff\0" + app1(),
    "restart": b"\xff\xd3" + app1(), "soi": b"\xff\xd8" + app1(), "jpg8": b"\xff\xc8" + app1(), "com": segment(0xfe, b"hello") + app1(), "app5": segment(0xe5, b"hello" * 99) + app1(),
    "length0": segment(0xe5, b"", 0) + app1(), "length1": segment(0xe5, b"", 1) + app1(), "reserved": b"\xff\x02" + app1(), "f0": b"\xff\xf0" + app1(),
    "double": app1(prefix * 2 + structures["plain"]), "triple": app1(prefix * 3 + structures["plain"]), "no_prefix": app1(structures["plain"]), "half_prefix": app1(b"Exif\0" + structures["plain"]),
    "split": app1(prefix + structures["plain"][:13]) + app1(prefix + structures["plain"][13:]), "second": app1(prefix + structures["value3"]) + app1(),
    "in_app2": segment(0xe2, prefix + structures["plain"]), "xmp": xmp(attribute), "xmp_element": xmp(element), "xmp_single": xmp(b"tiff:Orientation='6'"), "xmp_zero": xmp(b'tiff:Orientation="0"'),
    "xmp_9": xmp(b'tiff:Orientation="9"'), "xmp_two": xmp(b'tiff:Orientation="9" tiff:Orientation="6"'), "xmp_and_exif": xmp(b'tiff:Orientation="3"') + app1(), "xmp_and_other": xmp(attribute) + app1(prefix + structures["other"]),
    "xmp_and_bytes": xmp(attribute) + app1(prefix + structures["byte"]), "xmp_and_count0": xmp(attribute) + app1(prefix + structures["count0"]), "xmp_twice": xmp(b'tiff:Orientation="3"') + xmp(attribute),
    "xmp_then_none": xmp(attribute) + xmp(b"<x/>"), "xmp_12": xmp(b'tiff:Orientation="12"'),
}.items():
    jpeg(name, between)
jpeg("late", app1(), jpg.index(b"\xff\xc0"))
jpeg("very_late", app1(), jpg.index(b"\xff\xda"))
jpeg("too_late", app1(), len(jpg) - 2)
jpeg("before_jfif_and_behind", app1(prefix + structures["value8"]) + jpg[2:20] + app1(prefix))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


png = encode("PNG")
idat, iend = png.index(b"IDAT") - 4, png.index(b"IEND") - 4


def raw(data, header="\nexif\n"):
    lines = data.hex()
    return (f"{header}{len(data):8}\n" + "\n".join(lines[i:i + 72] for i in range(0, len(lines), 72)) + "\n").encode()


def itxt(text, compressed):
    return b"XML:com.adobe.xmp\0" + bytes([compressed, 0]) + b"en\0word\0" + (zlib.compress(text) if compressed else text)


profile = b"Raw profile type exif\0"
for name, between in {
    "plain": chunk(b"eXIf", structures["plain"]), "prefixed": chunk(b"eXIf", prefix + structures["plain"]), "doubled": chunk(b"eXIf", prefix * 2 + structures["plain"]),
    "twice": chunk(b"eXIf", structures["plain"]) + chunk(b"eXIf", structures["value3"]), "raw": chunk(b"tEXt", profile + raw(prefix + structures["plain"])),
    "raw_z": chunk(b"zTXt", profile + b"\0" + zlib.compress(raw(prefix + structures["plain"]))), "raw_bare": chunk(b"tEXt", profile + raw(structures["plain"])),
    "raw_and_exif": chunk(b"tEXt", profile + raw(prefix + structures["value3"])) + chunk(b"eXIf", structures["plain"]), "raw_app1": chunk(b"tEXt", b"Raw profile type APP1\0" + raw(prefix + structures["plain"])),
    "xmp": chunk(b"iTXt", itxt(attribute, 0)), "xmp_z": chunk(b"iTXt", itxt(element, 1)), "xmp_text": chunk(b"tEXt", b"XML:com.adobe.xmp\0" + attribute),
    "xmp_ztxt": chunk(b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(attribute)), "xmp_and_exif": chunk(b"iTXt", itxt(attribute, 0)) + chunk(b"eXIf", structures["value3"]),
    "long": chunk(b"eXIf", structures["long"]), "byte": chunk(b"eXIf", structures["byte"]), "empty": chunk(b"eXIf", b""),
}.items():
    keep(f"png_{name}.png", png[:idat] + between + png[idat:])
    keep(f"png_{name}_late.png", png[:iend] + between + png[iend:])

webp = encode("WebP", lossless=True, exif=prefix + structures["plain"], xmp=attribute)
simple = encode("WebP", lossless=True)


def riff(name, flags, *chunks):
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + (59).to_bytes(3, "little") + (39).to_bytes(3, "little") + simple[12:]
    for kind, data in chunks:
        body += kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    keep(f"webp_{name}.webp", b"RIFF" + struct.pack("<I", len(body)) + body)


keep("webp_pil.webp", webp)
riff("exif", 8, (b"EXIF", structures["plain"]))
riff("prefixed", 8, (b"EXIF", prefix + structures["plain"]))
riff("doubled", 8, (b"EXIF", prefix * 2 + structures["plain"]))
riff("no_flag", 0, (b"EXIF", structures["plain"]))
riff("xmp", 4, (b"XMP ", attribute))
riff("xmp_no_flag", 0, (b"XMP ", attribute))
riff("both", 12, (b"EXIF", structures["other"]), (b"XMP ", attribute))
riff("odd", 8, (b"JUNK", b"abc"), (b"EXIF", structures["plain"]))

pixels = picture.tobytes()
for name, orientation in {"long": (TAG, 4, 1, struct.pack("<I", 6)), "sbyte": (TAG, 6, 1, b"\x06"), "two": (TAG, 3, 2, struct.pack("<HH", 6, 3)), "zero": short(0), "byte": (TAG, 1, 1, b"\x06"),
                          "eight": short(8), "xmp": (700, 1, len(attribute), attribute), "float": (TAG, 11, 1, struct.pack("<f", 3))}.items():
    rest = [(256, 3, 1, struct.pack("<H", 60)), (257, 3, 1, struct.pack("<H", 40)), (258, 3, 3, struct.pack("<HHH", 8, 8, 8)), (259, 3, 1, b"\1\0"), (262, 3, 1, b"\2\0"),
            (273, 4, 1, b"%here"[:4]), (277, 3, 1, b"\3\0"), (278, 3, 1, struct.pack("<H", 40)), (279, 4, 1, struct.pack("<I", len(pixels)))]
    data = tiff(*sorted(rest + [orientation]))
    data = data.replace(b"%her", struct.pack("<I", len(data)))
    keep(f"tiff_{name}.tif", data + pixels)
json.dump(names, sys.stdout)
