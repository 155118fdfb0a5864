"""torchvision's ResNets: keys, shapes, first weights and logits, from given seeds."""
import json
import sys

import torch
import torchvision

torch.set_num_threads(2)
result = []
for case in json.load(sys.stdin):
    torch.manual_seed(case["seed"])
    model = getattr(torchvision.models, case["arch"])(num_classes=case["classes"])
    state = model.state_dict()
    initial = [v.double().sum().item() for v in state.values()]
    keys = list(state)
    dtypes = [str(v.dtype) for v in state.values()]
    x = torch.randn(case["n"], 3, case["size"], case["size"]).double()
    model.double()
    with torch.no_grad():
        train = model(x)
        evaluated = model.eval()(x)
    result.append({
        "keys": keys,
        "shapes": [list(v.shape) for v in state.values()],
        "dtypes": dtypes,
        "initial": initial,
        "train": train.flatten().tolist(),
        "eval": evaluated.flatten().tolist(),
    })
print(json.dumps(result))
