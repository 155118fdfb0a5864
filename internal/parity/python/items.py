"""fastai's item transforms on given pictures, with given draws.

Reads {"dir", "jobs": [{"files", "tfm", "args", "draws", "split"}]}; writes each transformed
picture's RGB bytes to a file and prints [[name, width, height], …] of each job.
"""
import json
import sys
import warnings

from fastai.vision import augment
from fastai.vision.core import PILImage

warnings.filterwarnings("ignore")
task = json.load(sys.stdin)


def run(job, path):
    args = {k: tuple(v) if isinstance(v, list) else v for k, v in job["args"].items()}
    tfm, picture = getattr(augment, job["tfm"])(**args), PILImage.create(path)
    if job["draws"]:
        tfm.before_call(picture, job["split"])
        for name, value in job["draws"].items():
            setattr(tfm, name, augment.fastuple(*value) if isinstance(value, list) else value)
        return tfm.encodes(picture)
    return tfm(picture, split_idx=job["split"])


out = []
for i, job in enumerate(task["jobs"]):
    row = []
    for k, path in enumerate(job["files"]):
        picture = run(job, path)
        row.append([f"{task['dir']}/{i}-{k}.rgb", *picture.size])
        with open(row[-1][0], "wb") as f:
            f.write(picture.tobytes())
    out.append(row)
print(json.dumps(out))
