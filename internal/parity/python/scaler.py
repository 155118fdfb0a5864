"""Ten steps of a line with SGD and torch.amp.GradScaler on the CPU, one of which overflows: weights and scales."""
import json
import sys

import torch

job = json.load(sys.stdin)
model = torch.nn.Linear(1, 1)
with torch.no_grad():
    model.weight.fill_(0.5)
    model.bias.fill_(0.25)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu", init_scale=job["scale"], growth_interval=job["interval"])
weights, scales = [], []
for x in job["xs"]:
    x = torch.tensor([[float(x)]])
    loss = (model(x) - 1).pow(2).mean()
    scaler.scale(loss).backward()
    scaler.step(opt)
    scaler.update()
    opt.zero_grad()
    weights.append([model.weight.item(), model.bias.item()])
    scales.append(scaler.get_scale())
print(json.dumps({"weights": weights, "scales": scales, "state": scaler.state_dict()}))
