"""The Python side of the benchmarks: one process that measures a figure when asked.

Reads lines "measure <figure>" and "drop <figure>"; answers each with a line of JSON.
A figure is a function that prepares its work and returns what measures one round of it,
as a cost: seconds or bytes.
"""
import gc
import json
import sys
import time
import warnings

import torch
from fastai.vision.all import (
    Adam, CategoryBlock, DataBlock, DataLoaders, ImageBlock, IntToFloatTensor, Learner, Normalize, Pipeline,
    RandomSplitter, Resize, TensorImage, aug_transforms, create_vision_model, get_image_files, imagenet_stats,
    models, parent_label, vision_learner,
)

warnings.filterwarnings("ignore")
FIGURES = {}


def figure(name):
    def register(f):
        FIGURES[name] = f
        return f
    return register


def timed(f, n):
    def measure():
        start = time.perf_counter()
        for _ in range(n):
            f()
        return (time.perf_counter() - start) / n
    return measure


@figure("op/add of 8 elements")
def add():
    x, y = torch.ones(8), torch.ones(8)

    def measure(n=100_000):
        start = time.perf_counter()
        for _ in range(n):
            x + y
        return (time.perf_counter() - start) / n
    return measure


@figure("op/adam step, resnet34")
def adam_step():
    model = models.resnet34(num_classes=10)
    for p in model.parameters():
        p.grad = torch.randn_like(p)
    return timed(Adam(list(model.parameters()), lr=1e-3).step, 3)


def loader(folder):
    """The best of fastai's loaders with 0, 1, 2 and 4 workers: seconds a picture."""
    files = sorted(get_image_files("build/bench/" + folder))
    block = DataBlock((ImageBlock, CategoryBlock), get_y=parent_label, splitter=RandomSplitter(0.1, 42),
                      item_tfms=Resize(224))
    bs = min(64, len(files) // 2)
    all_loaders = [block.dataloaders(files, bs=bs, num_workers=k, device="cpu") for k in (0, 1, 2, 4)]

    def epoch(dl):
        n, start = 0, time.perf_counter()
        for x, _ in dl:
            n += len(x)
        return (time.perf_counter() - start) / n
    return lambda: min(epoch(dls.train) for dls in all_loaders)


FIGURES["loader/500-pixel photographs to 224"] = lambda: loader("500px")
FIGURES["loader/12-megapixel photographs to 224"] = lambda: loader("12mp")


def augment(**kwargs):
    x = torch.randint(0, 256, (64, 256, 256, 3), dtype=torch.uint8).permute(0, 3, 1, 2).contiguous()
    tfms = Pipeline([IntToFloatTensor(), *aug_transforms(size=224, **kwargs),
                     Normalize.from_stats(*imagenet_stats, cuda=False)], split_idx=0)
    return timed(lambda: tfms(TensorImage(x)), 3)


FIGURES["augment/64 at 256 to 224"] = augment
FIGURES["augment/64 at 256 to 224, min_scale 0.75"] = lambda: augment(min_scale=0.75)
FIGURES["augment/the same, sampled once"] = lambda: augment(min_scale=0.75)


@figure("train/step, resnet18, 32 at 128")
def train_step():
    model = create_vision_model(models.resnet18, 10, pretrained=False)
    batch = (torch.randn(32, 3, 128, 128), torch.zeros(32, dtype=torch.long))
    learn = Learner(DataLoaders([batch], [batch]), model, loss_func=torch.nn.CrossEntropyLoss())
    learn.create_opt()
    learn.training, learn.n_epoch, learn.n_iter, learn.dl = True, 1, 1, [batch]
    learn.remove_cbs(list(learn.cbs))
    model.train()
    return timed(lambda: learn.one_batch(0, batch), 3)


def training():
    """A fit from files to updated weights in float32, by fastai's loaders with as many workers as there are cores."""
    files = sorted(get_image_files("build/bench/500px"))
    files = files[::max(len(files) // 430, 1)]
    block = DataBlock((ImageBlock, CategoryBlock), get_y=parent_label, splitter=RandomSplitter(0.1, 42), item_tfms=Resize(160),
                      batch_tfms=[*aug_transforms(size=128, min_scale=0.75), Normalize.from_stats(*imagenet_stats)])
    dls = block.dataloaders(files, bs=64, num_workers=2, device="cpu")
    learn = vision_learner(dls, models.resnet18, pretrained=False)
    learn.unfreeze()

    def measure():
        start = time.perf_counter()
        with learn.no_bar(), learn.no_logging():
            learn.fit(1, 1e-4)
        return (time.perf_counter() - start) / len(files)
    return measure


FIGURES["train/files to weights, resnet18 at 128"] = training
FIGURES["train/the same in bfloat16"] = training


def main():
    open_figures = {}
    for line in sys.stdin:
        command, name = line.rstrip("\n").split(" ", 1)
        if command == "drop":
            open_figures.pop(name, None)
            gc.collect()
            print("true", flush=True)
            continue
        if name not in open_figures:
            open_figures[name] = FIGURES[name]()
        print(json.dumps(open_figures[name]()), flush=True)


if __name__ == "__main__":
    main()
