"""Steps of torch.optim's optimizers in float64. Its input names a folder.

For each case, a network of two groups is trained for some steps, and the state is written to NAME.pth with the weights and the gradients of the next
three; the weights after those are printed. With "resume", it loads NAME.go.pth, the state that Go wrote after the first of
them, and prints the weights after the other two.
"""
import json
import os
import sys

import torch

args = json.load(sys.stdin)
os.chdir(args["dir"])
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

O = torch.optim
cases = {
    "Adam": lambda p: O.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-7, weight_decay=0.1),
    "AdamW": lambda p: O.AdamW(p, lr=0.1, weight_decay=0.2),
    "Adam amsgrad": lambda p: O.Adam(p, lr=0.1, amsgrad=True, maximize=True),
    "AdamW amsgrad": lambda p: O.AdamW(p, lr=0.1, amsgrad=True, betas=(0.5, 0.6)),
    "AdamW defaults": lambda p: O.AdamW(p),
    "SGD": lambda p: O.SGD(p, lr=0.1),
    "SGD momentum": lambda p: O.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    "SGD nesterov": lambda p: O.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
    "SGD dampening": lambda p: O.SGD(p, lr=0.1, momentum=0.9, dampening=0.5, maximize=True),
    "RMSprop": lambda p: O.RMSprop(p, lr=0.1, weight_decay=0.1),
    "RMSprop momentum": lambda p: O.RMSprop(p, lr=0.1, alpha=0.9, momentum=0.9),
    "RMSprop centered": lambda p: O.RMSprop(p, lr=0.1, momentum=0.5, centered=True, eps=1e-3),
    "tensor lr": lambda p: O.Adam(p, lr=torch.tensor(0.1), capturable=False, foreach=False),
}
out = {}
for name, make in cases.items():
    for begun in (True, False):
        key = name + ("" if begun else " fresh")
        params = [torch.randn(s).requires_grad_() for s in [(3, 2), (2,), (4,), ()]]
        grads = [[torch.randn(p.shape) for p in params] for _ in range(5)]
        opt = make([{"params": params[:2]}, {"params": params[2:], "lr": 0.05}])
        if name != "tensor lr":
            O.lr_scheduler.StepLR(opt, 1)  # which adds initial_lr

        def step(i):
            for j, p in enumerate(params):
                p.grad = None if j == 1 and i < 3 else grads[i][j].clone()  # one that gets gradients later
            opt.step()

        for i in range(2 if begun else 0):
            step(i)
        torch.save({"weights": [p.detach().clone() for p in params], "opt": opt.state_dict(), "grads": grads[2:]}, key + ".pth")
        trace = []
        if args.get("resume"):
            file = torch.load(key + ".go.pth", weights_only=True)
            opt.load_state_dict(file["opt"])
            with torch.no_grad():
                for p, w in zip(params, file["weights"]):
                    p.copy_(w)
        for i in range(3 if args.get("resume") else 2, 5):
            step(i)
            trace.append([x for p in params for x in p.detach().reshape(-1).tolist()])
        out[key] = trace
groups = lambda: [{"params": [torch.ones(2, requires_grad=True)]}]
for name, other in {"Adagrad": O.Adagrad, "NAdam": O.NAdam, "Adamax": O.Adamax, "RAdam": O.RAdam}.items():
    torch.save({"opt": other(groups()).state_dict()}, name + ".pth")
old = O.AdamW(groups()).state_dict()
del old["param_groups"][0]["decoupled_weight_decay"]
torch.save({"opt": old}, "old.pth")
print(json.dumps(out))
