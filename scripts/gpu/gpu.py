"""The Python side of the benchmark's groups gpu and gpu-fastai (see serve.py):

    gpu.py DEVICE PICTURES WORKERS SIZE BATCH EPOCH

Group gpu is a training loop in PyTorch as one tunes it by hand, group gpu-fastai is
fastai's to_fp16. A figure is an epoch of EPOCH pictures from files to updated weights, a
tenth of them for validation: seconds a picture.
"""
import os
import sys
import time
import warnings
from pathlib import Path

import torch
import torchvision
from torch.utils.data import DataLoader, Dataset
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import v2

# serve.py lies beside this file in the bundle, in the benchmark's directory in the repository.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
from serve import FIGURES, serve  # noqa: E402

warnings.filterwarnings("ignore")
device = torch.device(sys.argv[1])
folder = Path(sys.argv[2])
worker_counts = [int(n) for n in sys.argv[3].split(",")]
size, batch_size, n_pictures = (int(a) for a in sys.argv[4:7])
on_gpu = device.type == "cuda"


def pictures():
    """As many files as an epoch has, those of the folder again and again, in the Go side's order."""
    files = sorted(folder.glob("*/*.jpg"))
    return [files[i * 41 % len(files)] for i in range(n_pictures)]


class Pictures(Dataset):
    def __init__(self, files, classes, tfms):
        self.files, self.classes, self.tfms = files, classes, tfms

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        path = self.files[i]
        return self.tfms(decode_image(str(path), ImageReadMode.RGB)), self.classes.index(path.parent.name)


def loaders(workers):
    """Loaders of bytes: they are copied to the GPU as such and normalised there."""
    files = pictures()
    classes = sorted({f.parent.name for f in files})
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(42)).tolist()
    n_valid = len(files) // 10
    valid, train = [files[i] for i in order[:n_valid]], [files[i] for i in order[n_valid:]]
    augment = v2.Compose([
        v2.RandomResizedCrop(size, scale=(0.75, 1.0), antialias=True),
        v2.RandomHorizontalFlip(),
        v2.RandomApply([v2.RandomAffine(10, scale=(1.0, 1.1), interpolation=v2.InterpolationMode.BILINEAR)], 0.75),
        v2.RandomApply([v2.ColorJitter(brightness=0.2, contrast=0.2)], 0.75),
    ])
    middle = v2.Compose([v2.Resize(size, antialias=True), v2.CenterCrop(size)])
    options = dict(batch_size=batch_size, num_workers=workers, pin_memory=on_gpu, persistent_workers=workers > 0)
    return (DataLoader(Pictures(train, classes, augment), shuffle=True, drop_last=True, **options),
            DataLoader(Pictures(valid, classes, middle), **options))


def tuned_loop(arch):
    """Channels last, autocast, fused AdamW, cuDNN's search, nothing that waits for the GPU within an epoch."""
    torch.backends.cudnn.benchmark = True
    model = arch(num_classes=10).to(device, memory_format=torch.channels_last)
    opt = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, eps=1e-5, fused=True)
    scaler = torch.amp.GradScaler(device.type, enabled=on_gpu)
    half = torch.float16 if on_gpu else torch.bfloat16
    mean = torch.tensor([0.485, 0.456, 0.406], device=device).view(1, 3, 1, 1) * 255
    std = torch.tensor([0.229, 0.224, 0.225], device=device).view(1, 3, 1, 1) * 255

    def loss_of(x, y):
        x = x.to(device, non_blocking=True).to(memory_format=torch.channels_last)
        y = y.to(device, non_blocking=True)
        x = x.float().sub_(mean).div_(std)
        with torch.autocast(device.type, half):
            out = model(x)
        return torch.nn.functional.cross_entropy(out.float(), y)

    def epoch(train, valid):
        start = time.perf_counter()
        model.train()
        for x, y in train:
            scaler.scale(loss_of(x, y)).backward()
            scaler.step(opt)
            scaler.update()
            opt.zero_grad(set_to_none=True)
        model.eval()
        with torch.no_grad():
            total = sum(loss_of(x, y) for x, y in valid)
        total.item()  # waits
        return (time.perf_counter() - start) / n_pictures

    # The second epoch of each number of workers counts: the first starts them.
    best, cost = None, float("inf")
    for workers in worker_counts:
        pair = loaders(workers)
        epoch(*pair)
        if (seconds := epoch(*pair)) < cost:
            best, cost = pair, seconds
    print(f"  PyTorch's best number of workers: {best[0].num_workers}", file=sys.stderr)
    return lambda: epoch(*best)


def fastai_fit(arch):
    from fastai.vision.all import (
        CategoryBlock, DataBlock, ImageBlock, Normalize, RandomSplitter, Resize, aug_transforms, imagenet_stats,
        parent_label, vision_learner,
    )
    block = DataBlock((ImageBlock, CategoryBlock), get_y=parent_label, splitter=RandomSplitter(0.1, 42),
                      item_tfms=Resize(size * 5 // 4),
                      batch_tfms=[*aug_transforms(size=size, min_scale=0.75), Normalize.from_stats(*imagenet_stats)])
    learn = vision_learner(block.dataloaders(pictures(), bs=batch_size, device=device), arch, pretrained=False)
    learn.unfreeze()
    if on_gpu:
        learn.to_fp16()

    def measure():
        start = time.perf_counter()
        with learn.no_bar(), learn.no_logging():
            learn.fit(1, 1e-4)
        return (time.perf_counter() - start) / n_pictures
    return measure


for name in ("resnet34", "resnet50"):
    arch = getattr(torchvision.models, name)
    FIGURES[f"gpu/files to weights, {name}"] = lambda arch=arch: tuned_loop(arch)
    FIGURES[f"gpu-fastai/files to weights, {name}"] = lambda arch=arch: fastai_fit(arch)

if __name__ == "__main__":
    serve()
