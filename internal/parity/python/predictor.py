"""What PyTorch makes of files of Learner.Export.

Reads [{"file": ..., "pixels": [...], "shape": [...], "picture": path or ""}]; prints for each the
logits of the pixels and, of a picture, the pixels that PIL makes of it, and the probabilities and
the label of those that were given.
"""
import json
import sys
import warnings

import numpy
import torch
from load_predictor import load
from PIL import Image

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def see(path, about):
    """The item and batch transforms of a description with Resize (crop) and Normalize."""
    resize = about["item_tfms"][0]
    assert resize["name"] == "Resize" and resize["method"] == "crop", about
    picture = Image.open(path).convert("L" if about["decoder"]["gray"] else "RGB")
    w, h = resize["w"], resize["h"]
    scale = min(picture.width / w, picture.height / h)
    cw, ch = int(scale * w), int(scale * h)
    x, y = (picture.width - cw) // 2, (picture.height - ch) // 2
    picture = picture.crop((x, y, x + cw, y + ch)).resize((w, h), Image.BILINEAR)
    x = torch.from_numpy(numpy.array(picture)).reshape(1, h, w, -1).permute(0, 3, 1, 2).float() / 255
    for t in about.get("batch_tfms", []):
        if t["name"] == "Normalize":
            x = (x - torch.tensor(t["mean"])[:, None, None]) / torch.tensor(t["std"])[:, None, None]
    return x


def run(job):
    model, about = load(job["file"])
    out = {}
    with torch.no_grad():
        y = model(torch.tensor(job["pixels"]).reshape(job["shape"]))
        out["logits"] = y.flatten().tolist()
        if job["picture"]:
            out["pixels"] = see(job["picture"], about).flatten().tolist()
            activate = {"softmax": lambda y: y.softmax(1), "sigmoid": torch.sigmoid, "none": lambda y: y}
            p = activate[about["activation"]](y)[0]
            out["probs"] = p.tolist()
            if about["decode"] == "argmax":
                out["label"] = about["vocab"][p.argmax()]
            elif about["decode"] == "threshold":
                out["label"] = ";".join(v for v, q in zip(about["vocab"], p.tolist()) if q > about["threshold"])
    return out


if __name__ == "__main__":
    print(json.dumps([run(job) for job in json.load(sys.stdin)]))
