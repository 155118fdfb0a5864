"""Bodies between torchvision and fastlearn.

Reads {"dir", "pixels"}: dir/body.pth and dir/body.safetensors were written by fastlearn's SaveBody. Loads each into a
torchvision resnet18 and prints what load_state_dict misses, the _metadata's versions, and the features of a
picture. Then writes resnet18s of its own: torchvision.pth, torchvision.safetensors and lightning.ckpt, one and
the same, and prints their features.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torchvision.models import resnet18

job = json.load(sys.stdin)
folder = Path(job["dir"])
torch.set_num_threads(1)
x = torch.tensor(job["pixels"]).reshape(1, 3, 32, 32)


def features(model):
    body = torch.nn.Sequential(*list(model.children())[:8]).eval()
    with torch.no_grad():
        return body(x).flatten().double().tolist()


out = {}
for name in ["body.pth", "body.safetensors"]:
    path = folder / name
    state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True, mmap=True)
    model = resnet18()
    result = model.load_state_dict(state, strict=False)
    out[name] = {"missing": result.missing_keys, "unexpected": result.unexpected_keys, "features": features(model)}
state = torch.load(folder / "body.pth", weights_only=True)
theirs = resnet18().state_dict()
out["order"] = list(state) == [k for k in theirs if not k.startswith("fc.")]
out["metadata"] = {k: v for k, v in state._metadata.items()} == {
    k: v for k, v in theirs._metadata.items() if k.split(".")[0] in ("", "conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")}

torch.manual_seed(3)
model = resnet18()
for b in model.buffers():
    if b.dtype == torch.float32:
        b.add_(torch.rand_like(b))
torch.save(model.state_dict(), folder / "torchvision.pth")
save_file(model.state_dict(), folder / "torchvision.safetensors")
torch.save({"epoch": 1, "pytorch-lightning_version": "2.5.0", "state_dict": {"model." + k: v for k, v in model.state_dict().items()},
            "hyper_parameters": {"lr": 0.1, "loss": torch.nn.functional.mse_loss}}, folder / "lightning.ckpt")
out["features"] = features(model)
print(json.dumps(out))
