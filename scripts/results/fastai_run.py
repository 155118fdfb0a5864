"""One run of the accuracy comparison with Python's fastai; prints one JSON line.

Usage: fastai_run.py DATA WEIGHTS SEED RECIPE

RECIPE is the JSON of a Recipe in recipes.go, which says what its fields mean.
"""
import json
import sys
import time

import torch
from fastai.vision.all import (
    CategoryBlock, DataBlock, ImageBlock, MixUp, Normalize, RandomSplitter, Resize, accuracy,
    aug_transforms, get_image_files, imagenet_stats, parent_label, resnet18, set_seed,
    vision_learner,
)


def loaders(data, resize, size):
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        get_items=lambda path: sorted(get_image_files(path)),
        get_y=parent_label,
        splitter=RandomSplitter(0.2, seed=42),
        item_tfms=Resize(resize),
        batch_tfms=[*aug_transforms(size=size, min_scale=0.75),
                    Normalize.from_stats(*imagenet_stats)],
    )
    return block.dataloaders(data, bs=64, num_workers=2)


def learner(dls, weights, recipe):
    learn = vision_learner(dls, resnet18, metrics=accuracy, pretrained=False, normalize=False,
                           cbs=MixUp(recipe["mixup"]) if recipe["mixup"] else None)
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


def fit(learn, stage):
    if stage["unfreeze"]:
        learn.unfreeze()
    if stage["fit"] == "fine_tune":
        learn.fine_tune(stage["epochs"], stage["lr"][0])
    elif stage["fit"] == "fit_one_cycle":
        lr = stage["lr"]
        learn.fit_one_cycle(stage["epochs"], slice(*lr) if len(lr) == 2 else lr[0])
    else:
        sys.exit(f"unknown fit {stage['fit']!r}")


def main():
    data, weights, seed, recipe = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
    set_seed(seed)
    size = recipe["stages"][0]["size"]
    learn = learner(loaders(data, recipe["resize"], size), weights, recipe)
    run = {"side": "fastai", "recipe": recipe["name"], "seed": seed, "epochs": []}
    start = time.time()
    with learn.no_bar(), learn.no_logging():
        for stage in recipe["stages"]:
            if stage["size"] != size:
                size = stage["size"]
                learn.dls = loaders(data, recipe["resize"], size)
            fit(learn, stage)
            run["epochs"] += [list(map(float, v)) for v in learn.recorder.values]
        run["accuracy"] = run["epochs"][-1][2]
        if recipe["tta"]:
            run["tta"] = accuracy(*learn.tta()).item()
    run["seconds"] = round(time.time() - start, 1)
    print(json.dumps(run))


if __name__ == "__main__":
    main()
