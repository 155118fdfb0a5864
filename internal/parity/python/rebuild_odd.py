"""Exports learners that can't be rebuilt into the folder that its input names, and whole modules with what they make of an input.

Prints the modules' outputs by their file's name; the input is torch.arange(...), see below.
"""
import contextlib
import io
import json
import os
import sys
import warnings

import torch
import timm
import torchvision
from fastai.vision.all import *

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
folder = Path(json.load(sys.stdin))
os.chdir(folder)
from odd_classes import Scale, Shift  # written by the test beside the files

for i in range(4):
    Image.new("RGB", (40, 40), (60 * i, 9, 9)).save(f"{'ab'[i % 2]}{i}.png")


def label(p):
    return p.name[0]


def dls(items=Resize(32)):
    block = DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, get_y=label, splitter=RandomSplitter(0.5, seed=1), item_tfms=items)
    return block.dataloaders(folder, bs=2, num_workers=0)


def net(*more):
    return nn.Sequential(nn.Conv2d(3, 4, 3), *more, AdaptiveConcatPool2d(), Flatten(), nn.Linear(8, 2))


def export(name, model, loss=CrossEntropyLossFlat(), data=None):
    with contextlib.redirect_stdout(io.StringIO()):
        Learner(data or dls(), model, loss_func=loss, path=folder).export(name + ".pkl")


export("export", net())
export("class", net(nn.Sequential(Scale())))
export("hook", net(torch.nn.utils.weight_norm(nn.Conv2d(4, 4, 1))))
export("transform", net(), data=dls([Resize(32), Shift()]))
export("loss", net(), loss=nn.CrossEntropyLoss())
export("size", net(), data=dls(None))
grown = torchvision.models.resnet.BasicBlock(4, 4)
grown.extra = nn.ReLU()
export("part", net(grown))
own = nn.ReLU()
own.forward = torch.tanh
export("forward", net(own))
circular = nn.MaxPool2d(2, dilation=2)
export("setting", net(circular))



def swin(version, size):
    kinds = torchvision.models.swin_transformer
    blocks = {1: (kinds.SwinTransformerBlock, kinds.PatchMerging), 2: (kinds.SwinTransformerBlockV2, kinds.PatchMergingV2)}[version]
    return kinds.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [size, size], num_classes=5, block=blocks[0], downsample_layer=blocks[1])


small = {
    "densenet": lambda: torchvision.models.DenseNet(8, (2, 3, 2, 2), 16, num_classes=5),
    "vit": lambda: torchvision.models.VisionTransformer(64, 16, 2, 3, 48, 96, num_classes=5),
    "swin": lambda: swin(1, 5),
    "swin_v2": lambda: swin(2, 5),
    "timm_densenet": lambda: timm.models.densenet.DenseNet(8, (2, 3, 2, 2), num_classes=5),
    "timm_vit": lambda: timm.models.vision_transformer.VisionTransformer(64, embed_dim=48, depth=2, num_heads=3, num_classes=5, qk_norm=True),
    "timm_vit_avg": lambda: timm.models.vision_transformer.VisionTransformer(64, embed_dim=48, depth=2, num_heads=3, num_classes=5, global_pool="avg", reg_tokens=2, init_values=0.1, pre_norm=True),
    "timm_deit3": lambda: timm.models.vision_transformer.VisionTransformer(64, embed_dim=48, depth=2, num_heads=3, num_classes=5, init_values=0.1, no_embed_class=True),
    "timm_swin": lambda: timm.models.swin_transformer.SwinTransformer(64, embed_dim=24, depths=(2, 2), num_heads=(2, 4), window_size=4, num_classes=5),
}
x = torch.arange(2 * 3 * 64 * 64).mul(7919).remainder(255).float().div(255).reshape(2, 3, 64, 64)
out = {}
for name in ["resnet18", "efficientnet_b0", "efficientnet_v2_s", "mobilenet_v2", "mobilenet_v3_small", "convnext_tiny", *small]:
    torch.manual_seed(1)
    model = small[name]().eval() if name in small else getattr(torchvision.models, name)(num_classes=5).eval()
    for key, t in [*model.named_parameters(), *model.named_buffers()]:
        with torch.no_grad():
            if key.endswith("running_var") or key.endswith("layer_scale"):
                t.uniform_(0.5, 1.5)
            elif t.ndim == 1 and t.is_floating_point():
                t.uniform_(0.5, 1)
            elif key.endswith(("bias_table", "token", "embedding", "pos_embed", "heads.head.weight", "gamma")):
                t.uniform_(-1, 1)
    torch.save(model.double(), name + ".pth")
    with torch.no_grad():
        out[name] = model(x.double()).flatten().tolist()
print(json.dumps(out))
