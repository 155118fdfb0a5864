"""Architectures of torchvision, timm and fastai: what they hold, their first weights, and in float64 what they compute and derive
after all their weights were drawn anew. What is computed goes into a file of doubles for each case, in the order of its sections."""
import functools
import hashlib
import json
import math
import sys
import warnings

import torch

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def xresnet_builder(name):
    """A builder of fastai's by our name: _ssa is sa=True. Its xsenet154 passes its arguments in the wrong places, so this is the one that it means."""
    import fastai.vision.models.xresnet as xresnet
    from fastai.layers import SEBlock
    if name == "xsenet154":
        return functools.partial(xresnet.XResNet, SEBlock, 4, xresnet.g3, groups=64, reduction=16, p=0.2)
    if name.endswith("_ssa"):
        return functools.partial(getattr(xresnet, name.removesuffix("_ssa")), sa=True)
    return getattr(xresnet, name)


def build(name, classes):
    library, _, bare = name.partition("/")
    if library == "torchvision":
        import torchvision
        return getattr(torchvision.models, bare)(num_classes=classes)
    if library == "timm":
        import timm
        return timm.create_model(bare, num_classes=classes)
    return xresnet_builder(bare)(n_out=classes)


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
    """One at a time: another eps of a norm, another activation and another stride, each in the model's middle."""
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


    strided = [(k, m) for k, m in model.named_modules() if isinstance(m, STRIDED) and max(pair(m.stride)) > 1]
    k, m = strided[len(strided) // 2]
    was, forward = m.stride, m.forward

    def nearer(x):
        """What a smaller stride gives, as large as before."""
        h, w = forward(x).shape[-2:]
        m.stride = tuple(max(s - 1, 1) for s in pair(was))
        y = forward(x)[..., :h, :w]
        m.stride = was
        return y

    m.forward = nearer
    yield f"stride of {k}"
    del m.forward


STRIDED = torch.nn.Conv2d, torch.nn.MaxPool2d, torch.nn.AvgPool2d


def pair(n):
    return n if isinstance(n, tuple) else (n, n)


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
        parameters = {k for k, _ in model.named_parameters()}
        for k, b in model.state_dict().items():
            if k in parameters:
                continue
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
