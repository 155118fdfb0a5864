"""For each environment on stdin torch.hub's directory of checkpoints and huggingface_hub's cache; and the weights that torchvision and timm publish."""
import json, math, os, subprocess, sys
import torch, torch.hub
from torchvision import models

NAMES = "HOME XDG_CACHE_HOME TORCH_HOME HF_HOME HF_HUB_CACHE HUGGINGFACE_HUB_CACHE".split()
given = json.load(sys.stdin)

dirs, hf = [], []
for env in given["envs"]:
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ.update(env)
    dirs.append(os.path.join(torch.hub.get_dir(), "checkpoints"))
    hf.append(subprocess.run([sys.executable, "-c", "from huggingface_hub import constants; print(constants.HF_HUB_CACHE)"],
                             capture_output=True, text=True, check=True).stdout.strip())

weights = []
for arch in models.list_models(module=models):
    enum = models.get_model_weights(arch)
    for name, w in enum.__members__.items():
        if name == "DEFAULT": continue
        t = w.transforms()
        (crop,), (resize,) = t.crop_size, t.resize_size
        acc1 = w.meta["_metrics"]["ImageNet-1K"]["acc@1"]
        weights.append(dict(
            Library="torchvision", Arch=arch, Version=name, Default=w is enum.DEFAULT, URL=w.url, Params=w.meta["num_params"],
            MiB=w.meta["_file_size"], Acc1=0 if math.isnan(acc1) else acc1, Size=[crop, crop], CropPct=crop / resize, CropMode="center",
            Interpolation=t.interpolation.value, Mean=t.mean, Std=t.std))

import timm
for arch in given["timm"]:
    c = timm.models.get_pretrained_cfg(arch)
    with torch.device("meta"):
        model = timm.create_model(arch, pretrained=False)
    weights.append(dict(
        Library="timm", Arch=arch, Version=c.tag, Default=True, URL="https://huggingface.co/" + c.hf_hub_id,
        Params=sum(p.numel() for p in model.parameters()), MiB=0, Acc1=0, Size=c.input_size[1:], CropPct=c.crop_pct, CropMode=c.crop_mode,
        Interpolation=c.interpolation, Mean=c.mean, Std=c.std))
json.dump(dict(dirs=dirs, hf=hf, weights=weights), sys.stdout)
