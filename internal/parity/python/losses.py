"""fastai's losses on given predictions: values, gradients, activated and decoded predictions.

Reads {"pred", "classes", "labels", "numbers", "weight", "pos_weight", "cases": [{loss, args, reduction}]}; the args weight
and pos_weight of a case, if true, are the tensors. Float32, as fastai makes of every target.
"""
import json
import sys

import torch
from fastai.losses import (
    BCEWithLogitsLossFlat, CrossEntropyLossFlat, FocalLossFlat, L1LossFlat, LabelSmoothingCrossEntropyFlat, MSELossFlat,
)

KINDS = {
    "ce": (CrossEntropyLossFlat, "classes"), "focal": (FocalLossFlat, "classes"), "smooth": (LabelSmoothingCrossEntropyFlat, "classes"),
    "bce": (BCEWithLogitsLossFlat, "labels"), "mse": (MSELossFlat, "numbers"), "l1": (L1LossFlat, "numbers"),
}
job = json.load(sys.stdin)
out = []
for case in job["cases"]:
    kind, target = KINDS[case["loss"]]
    args = {k: torch.tensor(job[k]) if v is True else v for k, v in case["args"].items()}
    loss = kind(reduction=case["reduction"], **args)
    pred = torch.tensor(job["pred"], requires_grad=True)
    value = loss(pred, torch.tensor(job[target]))
    value.sum().backward()
    activated = loss.activation(pred.detach())
    if isinstance(activated, (list, tuple)):  # of noops
        activated = activated[0]
    decoded = loss.decodes(activated)
    if isinstance(decoded, (list, tuple)):
        decoded = decoded[0]
    out.append({"value": value.detach().flatten().tolist(), "grad": pred.grad.flatten().tolist(),
                "activated": activated.flatten().tolist(), "decoded": decoded.flatten().double().tolist()})
print(json.dumps(out))
