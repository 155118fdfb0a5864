"""Loads a file of fastlearn's Learner.Export: its model, in torchvision's modules, and its description."""
import json, safetensors, torch, torchvision
BatchNorm = torch.nn.SyncBatchNorm  # which takes one dimension and two
class AdaptiveConcatPool2d(torch.nn.Module): forward = lambda self, x: torch.cat([x.amax((2, 3), True), x.mean((2, 3), True)], 1)
def Body(arch, in_channels):
    net = torchvision.models.get_model(arch)
    net.conv1 = torch.nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    return torch.nn.Sequential(*list(net.children())[:-2])
def build(s): return (globals().get(s["type"]) or getattr(torch.nn, s["type"]))(*map(build, s.get("children", [])), **s.get("args", {}))
def load(path):
    with safetensors.safe_open(path, "pt") as f:
        about = json.loads(f.metadata()["fastlearn"])
        model = build(about["model"]).eval()
        model.load_state_dict({k: f.get_tensor(k) for k in f.keys()})
    return model, about
