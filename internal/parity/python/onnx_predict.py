"""Predicts pictures by an ONNX file of fastlearn's Learner.ExportONNX, from its metadata alone:

model = Model("flowers.onnx")
print(model.labels(["rose.jpg", "tulip.jpg"]))
"""
import json
import sys

import numpy
import onnxruntime
from PIL import Image, ImageOps


class Model:
    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path)
        about = self.session.get_modelmeta().custom_metadata_map
        self.channels = about["channels"]
        read = lambda key, none=None: json.loads(about[key]) if key in about else none
        self.classes, self.decoder, self.steps = read("classes"), read("decoder"), read("item_tfms", []) + read("batch_tfms", [])

    def pixels(self, file):
        picture = Image.open(file)
        if self.decoder["orient"]:
            picture = ImageOps.exif_transpose(picture)
        x = picture.convert(self.channels)
        for step in self.steps:
            x = globals()[step["name"]](x, **step)
        return numbers(x).transpose(2, 0, 1)

    def probabilities(self, files):
        x = numpy.stack([self.pixels(file) for file in files]).astype("float32")
        return self.session.run(None, {"input": x})[-1]

    def labels(self, files):
        return [self.classes[row.argmax()] for row in self.probabilities(files)]


def numbers(x):
    return x if isinstance(x, numpy.ndarray) else numpy.asarray(x, "float32").reshape(x.height, x.width, -1) / 255


def cut(x, left, top, w, h, padding):
    """A part of a picture, which may reach beyond it."""
    a = numpy.asarray(x)
    top, left, bottom, right = top, left, top + h - a.shape[0], left + w - a.shape[1]
    pads = [(max(-top, 0), max(bottom, 0)), (max(-left, 0), max(right, 0))] + [(0, 0)] * (a.ndim - 2)
    a = numpy.pad(a, pads, {"reflection": "reflect", "border": "edge", "zeros": "constant"}[padding])
    return Image.fromarray(a[max(top, 0):max(top, 0) + h, max(left, 0):max(left, 0) + w])


def Resize(x, w, h, method, padding, **_):
    if method != "squish":
        scale = (min if method == "crop" else max)(x.width / w, x.height / h)
        cw, ch = max(int(scale * w), 1), max(int(scale * h), 1)
        x = cut(x, int((x.width - cw) / 2), int((x.height - ch) / 2), cw, ch, padding)
    return x.resize((w, h), Image.BILINEAR)


def RandomResizedCrop(x, w, h, val_xtra=0, **_):
    more = -int(-max(w, h) * val_xtra // 8) * 8
    return cut(x.resize((w + more, h + more), Image.BILINEAR), more // 2, more // 2, w, h, "zeros")


def RatioResize(x, w, **_):
    size = [max(n * w // max(x.size), 1) for n in x.size]
    return Resize(x, *size, method="crop", padding="reflection")


def CropPad(x, w, h, padding, **_):
    return cut(x, (x.width - w) // 2, (x.height - h) // 2, w, h, padding)


def AffineCoordTfm(x, w=0, h=0, mode="bilinear", align_corners=False, **_):
    """A batch is resized bilinearly, after an average where more than two pixels would be stepped over."""
    x = numbers(x)
    h, w = h or x.shape[0], w or x.shape[1]
    assert mode == "bilinear", mode
    d = min(x.shape[0] / w, x.shape[1] / 2) / 2
    if d > 1:
        x = resized(x, int(x.shape[0] / d), int(x.shape[1] / d), average)
    return resized(x, h, w, corners if align_corners else centres)


def RandomResizedCropGPU(x, w, h, min_ratio, max_ratio, scale=1, mode="bilinear", **_):
    x = numbers(x)
    ch, cw = x.shape[:2]
    ratio = cw / ch
    ch, cw = int(cw / min_ratio) if ratio < min_ratio else ch, int(ch * max_ratio) if ratio > max_ratio else cw
    ch, cw = max(int(ch * scale), 1), max(int(cw * scale), 1)
    top, left = (x.shape[0] - ch) // 2, (x.shape[1] - cw) // 2
    return AffineCoordTfm(x[top:top + ch, left:left + cw], w, h, mode, align_corners=True)


def Normalize(x, mean, std, **_):
    return (numbers(x) - numpy.float32(mean)) / numpy.float32(std)


def resized(x, h, w, rows):
    return numpy.einsum("ih,hwc,jw->ijc", rows(x.shape[0], h), x, rows(x.shape[1], w), optimize=True)


def average(n, out):
    at = numpy.arange(n)
    rows = numpy.array([(at >= i * n // out) & (at < -(-(i + 1) * n // out)) for i in range(out)], float)
    return rows / rows.sum(1, keepdims=True)


def linear(n, places):
    return numpy.maximum(1 - abs(numpy.clip(places, 0, n - 1)[:, None] - numpy.arange(n)), 0)


def corners(n, out):
    return linear(n, numpy.arange(out) * (n - 1) / max(out - 1, 1))


def centres(n, out):
    return linear(n, (numpy.arange(out) + 0.5) * n / out - 0.5)


if __name__ == "__main__":
    model = Model(sys.argv[1])
    for file, label in zip(sys.argv[2:], model.labels(sys.argv[2:])):
        print(file, label)
