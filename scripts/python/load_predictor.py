"""Loads a file of fastlearn's Learner.Export: its model, in torchvision's modules, and its description."""
import json, torch, torchvision
from safetensors import safe_open

class AdaptiveConcatPool2d(torch.nn.Module):
    forward = lambda self, x: torch.cat([x.amax((2, 3), True), x.mean((2, 3), True)], 1)
class BatchNorm(torch.nn.modules.batchnorm._BatchNorm):
    _check_input_dim = lambda self, x: None
def Body(arch, in_channels):
    net = torchvision.models.get_model(arch)
    net.conv1 = torch.nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    return torch.nn.Sequential(*list(net.children())[:-2])
def build(spec):
    parts = [build(s) for s in spec.get("children", [])]
    return (globals().get(spec["type"]) or getattr(torch.nn, spec["type"]))(*parts, **spec.get("args", {}))
def load(path):
    with safe_open(path, "pt") as f:
        about = json.loads(f.metadata()["fastlearn"])
        model = build(about["model"])
        model.load_state_dict({k: f.get_tensor(k) for k in f.keys()})
    return model.eval(), about
