"""Architectures of torchvision, timm and fastai: what they hold, their first weights, and in float64 what they compute and derive
after all their weights were drawn anew. What is computed goes into a file of doubles for each case, in the order of its sections."""
import hashlib
import json
import math
import sys
import warnings

import torch

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def build(name, classes):
    library, _, bare = name.partition("/")
    if library == "torchvision":
        import torchvision
        return getattr(torchvision.models, bare)(num_classes=classes)
    if library == "timm":
        import timm
        return timm.create_model(bare, num_classes=classes)
    import fastai.vision.models.xresnet as xresnet
    return getattr(xresnet, bare)(n_out=classes)


def contents(model):
    lines = [f"{k} {str(v.dtype).removeprefix('torch.')} {list(v.shape)}\n" for k, v in model.state_dict().items()]
    return {"keys": [l.strip() for l in lines], "hash": hashlib.sha256("".join(lines).encode()).hexdigest()[:16],
            "params": sum(p.numel() for p in model.parameters())}


def redraw(name, t):
    """All weights are of order 1, or keep what passes through them of order 1."""
    last = name.rpartition(".")[2]
    if not t.is_floating_point():
        return
    if last == "running_var" or last == "weight" and t.dim() == 1:
        t.uniform_(0.5, 1.5)
    elif last.endswith("weight") and t.dim() > 1:
        bound = math.sqrt(3 / (t.numel() / t.shape[0]))
        t.uniform_(-bound, bound)
    else:
        t.uniform_(-1, 1)


def mutations(model):
    """One at a time: another eps of a norm and another activation, each in the model's middle."""
    norms = [(k, m) for k, m in model.named_modules() if hasattr(m, "eps")]
    acts = [(k, m) for k, m in model.named_modules() if type(m).__module__ == "torch.nn.modules.activation" and "Attention" not in type(m).__name__]
    if norms:
        k, m = norms[len(norms) // 2]
        was, m.eps = m.eps, m.eps * 10
        yield f"eps of {k}"
        m.eps = was
    if acts:
        k, m = acts[len(acts) // 2]
        m.forward = lambda x: torch.nn.functional.leaky_relu(x, 0.01)
        yield f"activation {k}"
        del m.forward


def run(case):
    torch.manual_seed(case["seed"])
    model = build(case["name"], case["classes"])
    r = contents(model)
    digest = hashlib.sha256()
    for v in model.state_dict().values():
        digest.update(v.contiguous().numpy().tobytes())
    r["initial"] = digest.hexdigest()
    dtype = getattr(torch, case["dtype"])
    model.to(dtype)
    torch.manual_seed(case["seed"] + 1)
    with torch.no_grad():
        for k, v in model.state_dict().items():
            redraw(k, v)
    x = torch.empty(case["n"], 3, case["size"], case["size"], dtype=dtype).uniform_(-2, 2).requires_grad_()
    weights = torch.empty(case["n"], case["classes"], dtype=dtype).uniform_(-1, 1)
    r["sections"] = []
    with open(case["file"], "wb") as f:
        def section(name, t):
            r["sections"].append({"name": name, "numel": 0 if t is None else t.numel()})
            if t is not None:
                f.write(t.detach().double().contiguous().numpy().tobytes())

        derived = set()
        for mode in ["eval", "train"] if case["train"] else ["eval"]:  # training derives what evaluation leaves out
            model.train(mode == "train")
            torch.manual_seed(case["seed"] + 2)
            rest = [(k, p) for k, p in model.named_parameters() if k not in derived]
            with torch.set_grad_enabled(bool(rest)):
                out = model(x)
            outs = [o for o in (out if isinstance(out, tuple) else (out,))]
            if rest:
                sum((o * weights).sum() for o in outs).backward()
            for i, o in enumerate(outs):
                section(f"{mode} output {i}", o)
            if mode == "eval":
                section("gradient of the input", x.grad)
                with torch.no_grad():
                    for what in mutations(model):
                        section(f"mutated {what}", model(x))
            for k, p in rest:
                if p.grad is not None:
                    derived.add(k)
                    section(f"gradient of {k}", p.grad)
                p.grad = None
        assert not case["train"] or len(derived) == len(list(model.parameters()))
        for k, b in model.named_buffers():
            section(f"{k} after training", b)
    return r


if __name__ == "__main__":
    results = []
    for c in json.load(sys.stdin):
        if c["file"]:
            results.append(run(c))
        else:
            try:
                with torch.device("meta"):  # without weights
                    model = build(c["name"], c["classes"])
            except NotImplementedError:  # a constructor that computes
                model = build(c["name"], c["classes"])
            results.append(contents(model))
    print(json.dumps(results))
