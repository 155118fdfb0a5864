"""What of some expressions fastai doesn't have.

Reads {"code": [expression, …]}. A name must be one of fastai.vision.all, of Python or of those below; an
attribute of a known object must be there, and a keyword must be one of the call's. Prints {"missing": [[…], …]}.
"""
import ast
import builtins
import inspect
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import fastai.vision.all as fastai  # noqa: E402
from fastai.vision.all import *  # noqa: E402,F403
from fastai.callback.progress import CSVLogger, ProgressCallback  # noqa: E402,F401

# What a user calls such objects, and their class; None for anything.
objects = {
    "learn": Learner, "dls": ImageDataLoaders, "block": DataBlock, "interp": ClassificationInterpretation,
    "path": None, "files": None, "labels": None, "df": None, "model": None, "head": None, "split": None, "label": None,
    "weight": None, "weights": None, "cb": None, "dl": TfmdDL, "batch": None, "is_valid": None, "state": None, "f": None,
}
# Attributes that instances get when they are made.
made = {
    Learner: {"model": nn.Module, "opt": Optimizer, "recorder": Recorder, "cbs": L, "dls": DataLoaders, "loss_func": nn.Module, "x": Tensor, "y": Tensor,
              "pred": Tensor, "loss": Tensor, "epoch": int, "iter": int},
    Optimizer: {"hypers": L},
    ImageDataLoaders: {"train": TfmdDL, "valid": TfmdDL, "vocab": list, "c": int, "num_workers": int},
    Recorder: {"values": list, "losses": list, "lrs": list},
    TfmdDL: {"drop_last": bool},
}


# What answers for attributes that a class doesn't have itself: DataLoaders asks its training loader.
forwards = {ImageDataLoaders: TfmdDL}
# To whom functions hand on what their signatures call **kwargs.
hand_on = {vision_learner: [create_vision_model, Learner], DataBlock.dataloaders: [DataLoader], TfmdDL.new: [DataLoader]}


def resolve(node):
    """The object behind a chain of names, or (class,) for an instance of it; None if unknown. Raises what is missing."""
    if isinstance(node, ast.Name):
        if node.id in objects:
            return (objects[node.id],) if objects[node.id] else None
        if hasattr(fastai, node.id):
            return getattr(fastai, node.id)
        if hasattr(builtins, node.id):
            return getattr(builtins, node.id)
        raise LookupError(f"there is no {node.id}")
    if isinstance(node, ast.Attribute):
        base = resolve(node.value)
        if base is None:
            return None
        if isinstance(base, tuple):
            of = made.get(base[0], {})
            if node.attr in of:
                return (of[node.attr],)
            base = base[0] if hasattr(base[0], node.attr) else forwards.get(base[0], base[0])
        if not hasattr(base, node.attr):
            raise LookupError(f"{getattr(base, '__name__', base)} has no {node.attr}")
        return getattr(base, node.attr)
    return None


def keywords(f):
    """The names of f's arguments."""
    return {name for g in [f, *hand_on.get(f, [])] for name in inspect.signature(g).parameters}


def missing(code):
    found = []
    for node in ast.walk(ast.parse(code, mode="eval")):
        try:
            if isinstance(node, (ast.Name, ast.Attribute)):
                resolve(node)
            elif isinstance(node, ast.Call) and node.keywords:
                f = resolve(node.func)
                if f is partial:
                    f = resolve(node.args[0])
                takes = keywords(f)
                found += [f"{f.__name__} takes no {k.arg}" for k in node.keywords if k.arg not in takes]
        except LookupError as e:
            found.append(str(e))
    return found


print(json.dumps({"missing": [missing(c) for c in json.load(sys.stdin)["code"]]}))
