"""Steps of fastai's optimizers on given parameters and gradients, in float64.

Reads {"dir", "cases": [{name, opt, args}], "resume"}. A case has two groups of parameters: one of the first group never gets a
gradient, one of the second only from step 7 on, and one of each isn't decayed. Rates and momenta change at each step.
Writes dir/data.pth (start and gradients) and, after each case's tenth step, dir/<name>.py.pth with parameters and
optimizer; prints defaults, and all parameters after each of 20 steps, one after the other.

With resume, each case goes on from dir/<name>.go.pth instead, written by Go after the tenth step, by steps 11 to 20.
"""
import json
import sys

import torch
from fastai.optimizer import Adam, Lamb, Larc, Lookahead, QHAdam, RAdam, RMSProp, SGD, ranger

STEPS, SAVED, SHAPES = 20, 10, [[(4, 3), (3,), (2, 2, 2)], [(5,), (3, 4), (2,)]]
KINDS = {"SGD": SGD, "Adam": Adam, "RMSProp": RMSProp, "RAdam": RAdam, "QHAdam": QHAdam, "Lamb": Lamb, "Larc": Larc, "Ranger": ranger}


def build(case, params):
    args = dict(case["args"])
    look = args.pop("look", None)
    opt = KINDS[case["opt"]](params, lr=1e-3, **args)
    if look is not None:
        opt = Lookahead(opt, **look)
    for group in opt.param_lists:
        opt.state[group[1]]["do_wd"] = False
    return opt


def steps(opt, grads, first, last):
    for i in range(first, last):
        opt.set_hypers(lr=[0.01 * (1 + i % 5), 0.02 * (1 + i % 3)], mom=0.95 - 0.02 * (i % 7))
        for p, g in zip([p for group in opt.param_lists for p in group], grads):
            p.grad = None if g is None or g[i] is None else g[i].clone()
        opt.step()
        yield [v for group in opt.param_lists for p in group for v in p.detach().flatten().tolist()]


if __name__ == "__main__":
    job = json.load(sys.stdin)
    if not job.get("resume"):
        torch.manual_seed(4)
        start = [torch.randn(s, dtype=torch.float64) for g in SHAPES for s in g]
        start[4].zero_()  # Lamb and Larc look at norms
        torch.save({"start": start, "grads": [torch.randn(STEPS, *p.shape, dtype=torch.float64) for p in start]}, f"{job['dir']}/data.pth")
    data = torch.load(f"{job['dir']}/data.pth")
    grads = [list(g) for g in data["grads"]]
    grads[2] = None
    grads[5] = [None] * 6 + grads[5][6:]
    out = []
    for case in job["cases"]:
        params = [torch.nn.Parameter(p.clone()) for p in data["start"]]
        opt = build(case, [params[:3], params[3:]])
        defaults = {k: float(v) for k, v in opt.hypers[0].items()}
        if job.get("resume"):
            saved = torch.load(f"{job['dir']}/{case['name']}.go.pth", weights_only=True)
            for p, v in zip(params, saved["params"]):
                p.data.copy_(v)
            opt.load_state_dict(saved["opt"])
            trace = list(steps(opt, grads, SAVED, STEPS))
        else:
            trace = list(steps(opt, grads, 0, SAVED))
            torch.save({"params": [p.detach() for p in params], "opt": opt.state_dict()}, f"{job['dir']}/{case['name']}.py.pth")
            trace += steps(opt, grads, SAVED, STEPS)
        out.append({"defaults": defaults, "trace": trace})
    print(json.dumps(out))
