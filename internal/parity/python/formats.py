"""Pictures in the formats one meets, made by PIL, with what PIL's convert('RGB') and
convert('L') make of them: DIR/name, DIR/name.rgb and DIR/name.l. Prints the names."""
import json
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

out = json.load(sys.stdin)
names = []


def scene(h=45, w=61, seed=0):
    """Something smooth with edges, colours at full and at no strength among them."""
    y, x = np.mgrid[0:h, 0:w]
    rgb = np.stack([x * 255 // (w - 1), y * 255 // (h - 1), (x * 3 + y * 5 + seed) % 256], -1).astype(np.uint8)
    rgb[5:15, 5:20] = (255, 0, 0)
    rgb[20:40, 30:50] = (0, 255, 255)
    return Image.fromarray(rgb)


def keep(name, picture, **options):
    path = f"{out}/{name}"
    picture.save(path, **options)
    names.append(name)
    expect(name)


def expect(name):
    for mode, suffix in (("RGB", "rgb"), ("L", "l")):
        with Image.open(f"{out}/{name}") as im, open(f"{out}/{name}.{suffix}", "wb") as f:
            f.write(im.convert(mode).tobytes())


def deep_png(name, picture):
    """A PNG of 16 bits a channel, which PIL reads but does not write."""
    data = np.asarray(picture).astype(">u2") * 257
    data += (np.mgrid[0:data.shape[0], 0:data.shape[1]][1] % 200)[..., None].astype(">u2") * (data < 60000)
    h, w, channels = data.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in data)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    header = struct.pack(">IIBBBBB", w, h, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    with open(f"{out}/{name}", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    names.append(name)
    expect(name)


def ycck(name):
    """Adobe's YCCK: the planes are stored as CMYK, then the marker's transform is changed."""
    planes = Image.merge("CMYK", (*rgb.convert("YCbCr").split(), rgb.convert("L").point(lambda v: v // 3)))
    planes.save(f"{out}/{name}", quality=95)
    data = bytearray(open(f"{out}/{name}", "rb").read())
    data[data.index(b"Adobe") + 11] = 2
    open(f"{out}/{name}", "wb").write(data)
    names.append(name)
    expect(name)


rgb = scene()
alpha = rgb.copy()
alpha.putalpha(Image.fromarray((np.mgrid[0:45, 0:61][1] * 4).astype(np.uint8)))
palette = rgb.quantize(16)

for sampling in (0, 1, 2):
    keep(f"baseline{sampling}.jpg", rgb, quality=90, subsampling=sampling)
    keep(f"progressive{sampling}.jpg", rgb, quality=90, subsampling=sampling, progressive=True)
keep("grey.jpg", rgb.convert("L"), quality=90)
keep("cmyk.jpg", rgb.convert("CMYK"), quality=90)
ycck("ycck.jpg")
keep("jpeg.png.jpg", rgb, format="PNG")
keep("rgb.png", rgb)
keep("rgba.png", alpha)
keep("grey.png", rgb.convert("L"))
keep("grey_alpha.png", alpha.convert("LA"))
keep("bits.png", rgb.convert("1"))
keep("palette.png", palette)
keep("palette_transparent.png", palette, transparency=3)
keep("palette_alphas.png", palette, transparency=bytes(range(0, 160, 10)))
deep_png("rgb16.png", rgb)
deep_png("rgba16.png", alpha)
keep("plain.gif", palette)
keep("transparent.gif", palette, transparency=2)
keep("moving.gif", palette, save_all=True, append_images=[scene(seed=90).quantize(16), scene(seed=9).quantize(8)])
keep("lossless.webp", rgb, lossless=True)
keep("lossless_alpha.webp", alpha, lossless=True, exact=True)
keep("lossy.webp", rgb, quality=90)
keep("lossy_odd.webp", scene(44, 60), quality=75)
keep("lossy_alpha.webp", alpha, quality=90)
keep("rgb.bmp", rgb)
keep("palette.bmp", palette)
keep("grey.bmp", rgb.convert("L"))
keep("bits.bmp", rgb.convert("1"))
keep("rgb.tif", rgb)
keep("lzw.tif", rgb, compression="tiff_lzw")
keep("deflate.tif", rgb, compression="tiff_adobe_deflate")
keep("grey.tif", rgb.convert("L"))
keep("rgba.tif", alpha)
for kind in ("group3", "group4", "packbits"):  # fax, in which 0 is black or white
    for zero in (0, 1):
        keep(f"{kind}_{zero}.tif", rgb.convert("1"), compression=kind, tiffinfo={262: zero})
deep = np.asarray(rgb).astype(np.uint16) * 257
Image.fromarray((deep[..., 0])).save(f"{out}/grey16.png")
for mode, suffix in (("RGB", "rgb"), ("L", "l")):  # scaled, where PIL clips
    with open(f"{out}/grey16.png.{suffix}", "wb") as f:
        f.write(Image.fromarray(np.asarray(rgb)[..., 0]).convert(mode).tobytes())
names.append("grey16.png")

for k in range(1, 9):  # EXIF: what exif_transpose shows
    exif = Image.Exif()
    exif[0x0112] = k
    keep(f"exif{k}.jpg", rgb, quality=95, subsampling=0, exif=exif)
    keep(f"exif{k}.png", rgb, exif=exif)
    keep(f"exif{k}.webp", rgb, lossless=True, exif=exif)
    for kind in ("jpg", "png", "webp"):
        with Image.open(f"{out}/exif{k}.{kind}") as im, open(f"{out}/exif{k}.{kind}.upright", "wb") as f:
            f.write(ImageOps.exif_transpose(im).convert("RGB").tobytes())
    keep(f"turned{k}.tif", rgb, tiffinfo={274: k})  # which PIL turns without being asked
print(json.dumps(names))
