"""The Python side of the benchmarks on a CPU: fastai's."""
import time
import warnings
from pathlib import Path

import timm
import torch
from fastai.vision.all import (
    Adam, CategoryBlock, DataBlock, DataLoaders, ImageBlock, IntToFloatTensor, Learner, Normalize, Pipeline,
    RandomSplitter, Resize, TensorImage, aug_transforms, create_vision_model, get_image_files, imagenet_stats,
    models, parent_label,
)
from safetensors.torch import load, load_file, save_file

import training

from serve import FIGURES, figure, serve

warnings.filterwarnings("ignore")


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


def with_gradients():
    model = models.resnet34(num_classes=10)
    for p in model.parameters():
        p.grad = torch.randn_like(p)
    return list(model.parameters())


FIGURES["op/adam step, resnet34"] = lambda: timed(Adam(with_gradients(), lr=1e-3).step, 3)
FIGURES["op/adam step, resnet34, fused AdamW"] = lambda: timed(torch.optim.AdamW(with_gradients(), lr=1e-3, fused=True).step, 10)


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


def reading(read):
    """Reading the state_dict that the Go side wrote: seconds, what was read freed again."""
    return lambda: timed(read, 1)


FIGURES["checkpoint/read resnet50, beside mmap=True"] = reading(lambda: torch.load("build/bench/resnet50.pth", mmap=True))
FIGURES["checkpoint/read resnet50, beside torch.load"] = reading(lambda: torch.load("build/bench/resnet50.pth"))
FIGURES["checkpoint/read resnet50, safetensors"] = reading(lambda: load(Path("build/bench/resnet50.safetensors").read_bytes()))
FIGURES["checkpoint/map resnet50, safetensors"] = reading(lambda: load_file("build/bench/resnet50.safetensors"))


def writing(write):
    """Writing a state_dict, which neither function waits for the disk to have."""
    state = models.resnet50().state_dict()
    return timed(lambda: write(state), 1)


FIGURES["checkpoint/write resnet50, no fsync"] = lambda: writing(lambda state: torch.save(state, "build/bench/theirs.pth"))
FIGURES["checkpoint/write resnet50, safetensors, no fsync"] = lambda: writing(
    lambda state: save_file(state, "build/bench/theirs.safetensors"))


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


def model_step(arch):
    model = timm.create_model(arch, num_classes=10).train().to(memory_format=torch.channels_last)
    opt = torch.optim.AdamW(model.parameters(), fused=True)
    x = torch.randn(8, 3, 224, 224).to(memory_format=torch.channels_last)
    y = torch.zeros(8, dtype=torch.long)

    def step():
        torch.nn.functional.cross_entropy(model(x), y).backward()
        opt.step()
        opt.zero_grad()
    return timed(step, 1)


for arch in ("tf_efficientnet_lite0", "convnext_tiny", "vit_tiny_patch16_224"):
    FIGURES[f"train/step, {arch}, 8 at 224, tuned PyTorch"] = lambda arch=arch: model_step(arch)
for recipe in training.RECIPES:
    for name in (recipe, recipe + ", bfloat16"):
        FIGURES["train/" + name] = lambda recipe=recipe: training.fastai(recipe)
    FIGURES["train/" + recipe + ", bfloat16, tuned PyTorch"] = lambda recipe=recipe: training.tuned(recipe)
    FIGURES["predict/one picture, " + recipe] = lambda recipe=recipe: training.predict(recipe)


FIGURES["shared/resnet18 at 128, two loops"] = lambda: training.fastai("resnet18 at 128")


if __name__ == "__main__":
    serve()
