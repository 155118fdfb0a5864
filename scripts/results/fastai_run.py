"""One run of the accuracy comparison with Python's fastai; prints one JSON line.

Usage: fastai_run.py DATA WEIGHTS HEAD SEED RECIPE

HEAD is a file of the first head, or nothing.

RECIPE is the JSON of a Recipe in recipes.go, which says what its fields mean.
"""
import json
import os
import sys
import time

import pandas
import timm
import torch
from fastai.vision.all import (
    CategoryBlock, ColReader, DataBlock, ImageBlock, LabelSmoothingCrossEntropyFlat, MixUp, Normalize, RandomSplitter, Resize, accuracy,
    aug_transforms, get_image_files, imagenet_stats, parent_label, resnet18, set_seed,
    vision_learner,
)


def loaders(data, recipe, size):
    table = os.path.join(data, "df.csv")
    if os.path.exists(table):
        source = pandas.read_csv(table)
        reading = dict(get_x=ColReader("name", pref=data + "/"), get_y=ColReader("class"))
    else:
        source = data
        reading = dict(get_items=lambda path: sorted(get_image_files(path)), get_y=parent_label)
    stats = imagenet_stats
    if recipe["arch"] != "resnet18":
        cfg = timm.create_model(recipe["arch"]).default_cfg
        stats = cfg["mean"], cfg["std"]
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        splitter=RandomSplitter(0.2, seed=42),
        item_tfms=Resize(recipe["resize"]),
        batch_tfms=[*aug_transforms(size=size, min_scale=0.75), Normalize.from_stats(*stats)],
        **reading,
    )
    return block.dataloaders(source, bs=64, num_workers=2)


def learner(dls, weights, head, recipe):
    # The published weights cannot be had here by their names; the body takes the file's instead.
    named = torch.load(weights, weights_only=True)
    cbs = MixUp(recipe["mixup"]) if recipe["mixup"] else None
    arch = resnet18 if recipe["arch"] == "resnet18" else recipe["arch"]
    loss = LabelSmoothingCrossEntropyFlat(eps=recipe["smoothing"]) if recipe["smoothing"] else None
    learn = vision_learner(dls, arch, loss_func=loss, metrics=accuracy, pretrained=False, normalize=False, cbs=cbs)
    body = learn.model[0]
    if arch is resnet18:
        index = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
        state = {}
        for key, value in named.items():
            first, rest = key.split(".", 1)
            if first in index:
                state[f"{index[first]}.{rest}"] = value
    else:  # another library's keys, in timm's order; the classifier is last
        state = dict(zip(body.state_dict(), named.values()))
    body.load_state_dict(state, strict=True)
    if head:
        learn.model[1].load_state_dict(torch.load(head, weights_only=True), strict=True)
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
    data, weights, head, seed, recipe = *sys.argv[1:4], int(sys.argv[4]), json.loads(sys.argv[5])
    set_seed(seed)
    size = recipe["stages"][0]["size"]
    learn = learner(loaders(data, recipe, size), weights, head, recipe)
    run = {"side": "fastai", "recipe": recipe["name"], "seed": seed, "epochs": []}
    start = time.time()
    with learn.no_bar(), learn.no_logging():
        for stage in recipe["stages"]:
            if stage["size"] != size:
                size = stage["size"]
                learn.dls = loaders(data, recipe, size)
            fit(learn, stage)
            run["epochs"] += [list(map(float, v)) for v in learn.recorder.values]
        run["accuracy"] = run["epochs"][-1][2]
        if recipe["tta"]:
            run["tta"] = accuracy(*learn.tta()).item()
    run["seconds"] = round(time.time() - start, 1)
    print(json.dumps(run))


if __name__ == "__main__":
    main()
