"""Ten steps of a line with SGD, RMSprop or a fused AdamW and torch.amp.GradScaler on the CPU, of which some overflow: weights, scales and the count of steps."""
import json
import sys

import torch

job = json.load(sys.stdin)
model = torch.nn.Linear(1, 1)
with torch.no_grad():
    model.weight.fill_(0.5)
    model.bias.fill_(0.25)
if job["rule"] == "SGD":
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
elif job["rule"] == "RMSProp":
    opt = torch.optim.RMSprop(model.parameters(), lr=0.1)
else:
    groups = [{"params": [model.weight], "weight_decay": 0.01}, {"params": [model.bias], "weight_decay": 0}]
    opt = torch.optim.AdamW(groups, lr=0.1, betas=(0.9, 0.99), eps=1e-5, fused=True)
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
print(json.dumps({"weights": weights, "scales": scales, "state": scaler.state_dict(), "steps": [float(s["step"]) for s in opt.state.values() if "step" in s]}))
