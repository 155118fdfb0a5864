"""What fastai makes of architectures: keys and shapes of body and head, parameter groups, and logits of weights drawn anew; or how it fails."""
import json
import sys
import warnings

import torch

warnings.filterwarnings("ignore")
import timm  # noqa: F401
import fastai.vision.models.xresnet as xresnet  # noqa: E402
import torchvision  # noqa: E402
from fastai.vision.learner import _default_meta, create_timm_model, create_vision_model, default_split, model_meta  # noqa: E402
from models import redraw, xresnet_builder  # noqa: E402

torch.set_num_threads(1)
out = []
for c in json.load(sys.stdin):
    library, _, bare = c["name"].partition("/")
    try:
        if library == "timm":
            model, split = create_timm_model(bare, 3, pretrained=False)[0], default_split
        else:
            arch = getattr(torchvision.models, bare) if library == "torchvision" else getattr(xresnet, bare) if bare == "xsenet154" else xresnet_builder(bare)
            model, split = create_vision_model(arch, 3, pretrained=False), model_meta.get(arch, _default_meta)["split"]
        names = {p: k for k, p in model.named_parameters()}
        r = {"keys": [f"{k} {list(v.shape)}" for k, v in model.state_dict().items()], "groups": [[names[p] for p in g] for g in split(model)]}
        model.double().eval()
        torch.manual_seed(1)
        with torch.no_grad():
            for k, v in model.state_dict().items():
                redraw(k, v)
            x = torch.empty(2, 3, c["size"], c["size"], dtype=torch.float64).uniform_(-2, 2)
            r["logits"] = model(x).flatten().tolist()
    except Exception as e:
        r = {"error": type(e).__name__ + ": " + str(e)[:200]}
    out.append(r)
print(json.dumps(out))
