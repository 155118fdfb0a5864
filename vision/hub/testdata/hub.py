"""For each environment on stdin torch.hub's directory of checkpoints; and torchvision's table of ResNets."""
import json, os, sys
import torch.hub
from torchvision.models import resnet

dirs = []
for env in json.load(sys.stdin):
    for name in ("HOME", "XDG_CACHE_HOME", "TORCH_HOME"):
        os.environ.pop(name, None)
    os.environ.update(env)
    dirs.append(os.path.join(torch.hub.get_dir(), "checkpoints"))

weights = []
for n in (18, 34, 50, 101, 152):
    enum = getattr(resnet, f"ResNet{n}_Weights")
    for name, w in enum.__members__.items():
        if name == "DEFAULT": continue
        weights.append(dict(Arch=f"resnet{n}", Version=name, Default=w is enum.DEFAULT, URL=w.url, Params=w.meta["num_params"],
                            MiB=w.meta["_file_size"], Acc1=w.meta["_metrics"]["ImageNet-1K"]["acc@1"]))
json.dump(dict(dirs=dirs, weights=weights), sys.stdout)
