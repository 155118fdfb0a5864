"""Describes safetensors files as the Python library reads them: one line of JSON a file, in the order of the arguments.

    safetensors_check.py FILE...
"""
import hashlib
import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file


def describe(path):
    with safe_open(path, framework="pt") as f:
        metadata = f.metadata()
    tensors = load_file(path)
    return {"metadata": metadata, "tensors": [
        [name, str(t.dtype).removeprefix("torch."), list(t.shape), hashlib.sha256(bytes(t.contiguous().untyped_storage())).hexdigest()[:16]]
        for name, t in tensors.items()]}


if __name__ == "__main__":
    for path in sys.argv[1:]:
        try:
            print(json.dumps(describe(path)))
        except Exception as e:
            print(json.dumps({"error": f"{type(e).__name__}: {e}"[:300]}))
