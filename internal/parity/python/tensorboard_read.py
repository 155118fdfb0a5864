"""What TensorBoard's own EventAccumulator reads in a directory: {"scalars": {tag: [[step, value], …]}, "images": {tag: [[step,
width, height, first pixel], …]}, "order": the order of fastai's callback}."""
import io
import json
import sys

from fastai.callback.tensorboard import TensorBoardBaseCallback
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(json.load(sys.stdin)["dir"], size_guidance={"scalars": 0, "images": 0})
events.Reload()
tags = events.Tags()


def picture(e):
    m = Image.open(io.BytesIO(e.encoded_image_string))
    return [e.step, e.width, e.height, *m.convert("RGB").getpixel((0, 0))]


print(json.dumps({
    "scalars": {t: [[e.step, e.value] for e in events.Scalars(t)] for t in tags["scalars"]},
    "images": {t: [picture(e) for e in events.Images(t)] for t in tags["images"]},
    "order": TensorBoardBaseCallback.order,
}))
