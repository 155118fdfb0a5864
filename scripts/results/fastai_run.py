"""One run of the accuracy comparison with Python's fastai; prints one JSON line.

Usage: fastai_run.py DATA WEIGHTS RECIPE SEED

RECIPE is "finetune" (fine_tune(3, 3e-3), then fit_one_cycle(3, slice(1e-5, 1e-4)))
or "onecycle" (fit_one_cycle(5, 3e-3), unfrozen).
"""
import json
import sys
import time

import torch
from fastai.vision.all import (
    CategoryBlock, DataBlock, ImageBlock, Normalize, RandomSplitter, Resize, accuracy,
    aug_transforms, get_image_files, imagenet_stats, parent_label, resnet18, set_seed,
    vision_learner,
)


def learner(data, weights, seed):
    set_seed(seed)
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        get_items=lambda path: sorted(get_image_files(path)),
        get_y=parent_label,
        splitter=RandomSplitter(0.2, seed=42),
        item_tfms=Resize(128),
        batch_tfms=[*aug_transforms(size=112, min_scale=0.75),
                    Normalize.from_stats(*imagenet_stats)],
    )
    dls = block.dataloaders(data, bs=64, num_workers=2)
    learn = vision_learner(dls, resnet18, metrics=accuracy, pretrained=False, normalize=False)
    # The published weights cannot be had here; the body takes the file's instead.
    named = torch.load(weights, weights_only=True)
    index = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
    body = {}
    for key, value in named.items():
        first, rest = key.split(".", 1)
        if first in index:
            body[f"{index[first]}.{rest}"] = value
    learn.model[0].load_state_dict(body, strict=True)
    learn.freeze()
    return learn


def main():
    data, weights, recipe, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    learn = learner(data, weights, seed)
    epochs = []
    start = time.time()
    with learn.no_bar(), learn.no_logging():
        if recipe == "finetune":
            learn.fine_tune(3, 3e-3)
            epochs += [list(map(float, v)) for v in learn.recorder.values]
            learn.fit_one_cycle(3, slice(1e-5, 1e-4))
        elif recipe == "onecycle":
            learn.unfreeze()
            learn.fit_one_cycle(5, 3e-3)
        else:
            sys.exit(f"unknown recipe {recipe!r}")
    epochs += [list(map(float, v)) for v in learn.recorder.values]
    print(json.dumps({
        "side": "fastai", "recipe": recipe, "seed": seed, "accuracy": epochs[-1][2],
        "epochs": epochs, "seconds": round(time.time() - start, 1),
    }))


if __name__ == "__main__":
    main()
