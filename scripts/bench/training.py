"""Trainings on photographs: by fastai, and by a loop of PyTorch's own that leaves nothing out.

As a program it trains the named recipe by fastai for an epoch, and prints a line after the
first batch.
"""
import sys
import time

import torch
from fastai.vision.all import (
    Callback, CategoryBlock, DataBlock, ImageBlock, Normalize, RandomSplitter, Resize, aug_transforms,
    create_vision_model, get_image_files, imagenet_stats, models, parent_label, vision_learner,
)

# name: architecture, size, presize, batch, pictures an epoch; as in train.go
RECIPES = {
    "resnet18 at 128": ("resnet18", 128, 160, 64, 430),
    "resnet34 at 224": ("resnet34", 224, 256, 32, 144),
}


def pictures(n):
    files = sorted(get_image_files("build/bench/500px"))
    return files[::max(len(files) // n, 1)]


def fastai_learner(recipe, **kwargs):
    arch, size, presize, bs, n = RECIPES[recipe]
    files = pictures(n)
    block = DataBlock((ImageBlock, CategoryBlock), get_y=parent_label, splitter=RandomSplitter(0.1, 42), item_tfms=Resize(presize),
                      batch_tfms=[*aug_transforms(size=size, min_scale=0.75), Normalize.from_stats(*imagenet_stats)])
    dls = block.dataloaders(files, bs=bs, num_workers=2, device="cpu")
    learn = vision_learner(dls, getattr(models, arch), pretrained=False, **kwargs)
    learn.unfreeze()
    return learn, files


def fastai(recipe):
    """A fit in float32, the loader with as many workers as there are cores: seconds a picture."""
    learn, files = fastai_learner(recipe)

    def measure():
        start = time.perf_counter()
        with learn.no_bar(), learn.no_logging():
            learn.fit(1, 1e-4)
        return (time.perf_counter() - start) / len(files)
    return measure


def predict(recipe):
    learn, files = fastai_learner(recipe)

    def measure(n=10):
        start = time.perf_counter()
        for _ in range(n):
            with learn.no_bar(), learn.no_logging():
                learn.predict(files[0])
        return (time.perf_counter() - start) / n
    return measure


class Photographs(torch.utils.data.Dataset):
    def __init__(self, files, tfms):
        self.files, self.tfms = files, tfms
        self.vocab = sorted({parent_label(f) for f in files})

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        from PIL import Image
        with Image.open(self.files[i]) as m:
            return self.tfms(m.convert("RGB")), self.vocab.index(parent_label(self.files[i]))


def tuned(recipe):
    """A loop by hand: channels last, bfloat16 autocast, fused AdamW, transforms v2, the number of workers
    that is fastest in a first epoch of each."""
    from torchvision.transforms import v2
    arch, size, presize, bs, n = RECIPES[recipe]
    files = pictures(n)
    train, valid = ([files[i] for i in part] for part in RandomSplitter(0.1, 42)(files))
    end = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(*imagenet_stats)]
    augment = v2.Compose([v2.RandomResizedCrop(size, scale=(0.75, 1)), v2.RandomHorizontalFlip(), *end])
    plain = v2.Compose([v2.Resize(presize), v2.CenterCrop(size), *end])
    model = create_vision_model(getattr(models, arch), 2, pretrained=False).to(memory_format=torch.channels_last)
    opt = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def loaders(workers):
        keep = dict(batch_size=bs, num_workers=workers, persistent_workers=workers > 0)
        return (torch.utils.data.DataLoader(Photographs(train, augment), shuffle=True, drop_last=True, **keep),
                torch.utils.data.DataLoader(Photographs(valid, plain), **keep))

    def epoch(train_dl, valid_dl):
        start = time.perf_counter()
        model.train()
        for x, y in train_dl:
            with torch.autocast("cpu", torch.bfloat16):
                loss = torch.nn.functional.cross_entropy(model(x.contiguous(memory_format=torch.channels_last)), y)
            loss.backward()
            opt.step()
            opt.zero_grad(set_to_none=True)
        model.eval()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            for x, y in valid_dl:
                torch.nn.functional.cross_entropy(model(x.contiguous(memory_format=torch.channels_last)), y)
        return (time.perf_counter() - start) / len(files)

    best = None

    def measure():
        nonlocal best
        if best is None:
            tried = [loaders(k) for k in (0, 1, 2, 3)]
            for pair in tried:
                epoch(*pair) # starts the workers
            best = min(tried, key=lambda pair: epoch(*pair))
        return epoch(*best)
    return measure


class Announce(Callback):
    def after_batch(self):
        if self.train_iter == 1 and self.training:
            print("first batch", flush=True)


if __name__ == "__main__":
    learn, _ = fastai_learner(sys.argv[1], cbs=Announce())
    with learn.no_bar(), learn.no_logging():
        learn.fit(1, 1e-4)
