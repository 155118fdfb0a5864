"""Exports fastai's learners into the folder that its input names, and prints what they predict of its pictures.

Reads [folder, [the pictures]]; prints for each file the vocabulary, the probabilities of each picture and the decoded labels.
"""
import contextlib
import io
import json
import sys
import warnings
from pathlib import Path

import torch
import torchvision
from fastai.vision.all import *

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
folder, pictures = json.load(sys.stdin)
folder, pictures = Path(folder), list(map(Path, pictures))


def parent(p):
    return p.parent.name


def parents(p):
    return [p.parent.name]


def block(kind=CategoryBlock, image=ImageBlock, get_y=parent, item=Resize(64), batch=None):
    return DataBlock((image, kind), get_items=lambda p: pictures, get_y=get_y, splitter=RandomSplitter(0.5, seed=1), item_tfms=item, batch_tfms=batch)


def redraw(model):
    """Fills whatever could be left out by zeros and ones: norms, layer scales, running statistics."""
    torch.manual_seed(7)
    for name, t in [*model.named_parameters(), *model.named_buffers()]:
        with torch.no_grad():
            if name.endswith("running_var") or name.endswith("weight") and t.ndim == 1:
                t.uniform_(0.5, 1.5)
            elif t.ndim == 1 and t.is_floating_point():
                t.normal_(0, 0.2)
            elif name.endswith("gamma") or name.endswith("layer_scale"):
                t.normal_(0, 0.5)


def moderate(learn):
    """Scales the last layer, so that no class is certain."""
    with torch.no_grad():
        y = learn.model.eval()(learn.dls.valid.one_batch()[0])
        last = [m for m in learn.model.modules() if isinstance(m, nn.Linear)][-1]
        last.weight.div_(y.abs().max() + 1e-6)
        if last.bias is not None:
            last.bias.zero_()


def export(name, learn):
    redraw(learn.model)
    moderate(learn)
    learn.path = folder
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), learn.no_bar():
        learn.export(name + ".pkl")
        learn = load_learner(folder / (name + ".pkl"))
        predicted = [learn.predict(p) for p in pictures]
    out[name] = {"vocab": list(map(str, learn.dls.vocab)) if hasattr(learn.dls, "vocab") else [],
                 "probs": [p[2].flatten().tolist() for p in predicted],
                 "labels": [";".join(p[0]) if isinstance(p[0], L) else str(p[0]) for p in predicted]}


def learner(name, arch, pretrained=False, dls=None, **kwargs):
    dls = dls or block(batch=aug_transforms(size=48, min_scale=0.75)).dataloaders(folder, bs=4, num_workers=0)
    export(name, vision_learner(dls, arch, pretrained=pretrained, n_out=kwargs.pop("n_out", None) or dls.c, **kwargs))


out = {}
stats = Normalize.from_stats(*imagenet_stats)
learner("resnet18", resnet18, dls=block(batch=[*aug_transforms(size=(48, 40)), stats]).dataloaders(folder, bs=4, num_workers=0))
learner("resnet50", resnet50, loss_func=LabelSmoothingCrossEntropyFlat(), dls=block(item=Resize((64, 48), method="squish")).dataloaders(folder, bs=4, num_workers=0))
for arch in ["convnext_atto", "convnextv2_atto", "efficientnet_b0", "tf_efficientnet_lite0", "resnet26t", "seresnext26d_32x4d", "mobilenetv3_small_050", "tf_efficientnetv2_b0"]:
    learner(arch, arch)
learner("xresnet18", xresnet18)
learner("multi", resnet18, dls=block(MultiCategoryBlock, get_y=parents, item=Resize(64, method="pad", pad_mode="zeros"), batch=[RandomResizedCropGPU(48), stats]).dataloaders(folder, bs=4, num_workers=0))
learner("gray", xresnet34_deep, n_in=1, dls=block(image=ImageBlock(PILImageBW), item=RandomResizedCrop(64)).dataloaders(folder, bs=4, num_workers=0))
dls = block(item=[FlipItem(), CropPad(80)], batch=[stats, Brightness(), RandomErasing()]).dataloaders(folder, bs=4, num_workers=0)
export("xse", Learner(dls, xse_resnet18(n_out=dls.c, act_cls=Mish), loss_func=FocalLossFlat()))
learner("number", resnet18, n_out=1, y_range=(-1, 2), loss_func=MSELossFlat(), dls=block(RegressionBlock, get_y=lambda p: float(len(p.parent.name))).dataloaders(folder, bs=4, num_workers=0))
learner("densenet121", densenet121)
learner("swin_t", torchvision.models.swin_t)
learner("timm_densenet121", "densenet121")
learner("vit_tiny_patch16_224", "vit_tiny_patch16_224", dls=block(item=Resize(224)).dataloaders(folder, bs=4, num_workers=0))
sizes = dict(image_size=32, patch_size=8, num_layers=2, num_heads=3, hidden_dim=48, mlp_dim=96)
small = block(item=Resize(32)).dataloaders(folder, bs=4, num_workers=0)
export("vit", Learner(small, torchvision.models.VisionTransformer(num_classes=small.c, **sizes), loss_func=CrossEntropyLossFlat()))
print(json.dumps(out))
