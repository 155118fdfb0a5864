"""fastai's Resize in validation on given pictures: writes each one's RGB bytes to a file."""
import json
import sys
import warnings

from fastai.vision.augment import Resize
from fastai.vision.core import PILImage

warnings.filterwarnings("ignore")
task = json.load(sys.stdin)
names = []
for i, job in enumerate(task["jobs"]):
    w, h = job["size"]
    tfm = Resize((h, w), method=job["method"], **({"pad_mode": job["pad"]} if job["pad"] else {}))
    row = []
    for k, path in enumerate(job["files"]):
        picture = tfm(PILImage.create(path), split_idx=1)
        row.append(f"{task['dir']}/{i}-{k}.rgb")
        with open(row[-1], "wb") as f:
            f.write(picture.tobytes())
    names.append(row)
print(json.dumps(names))
