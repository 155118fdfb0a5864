"""Reads files as torch.load reads them and prints for each what it found: one line of JSON a file, in the order of
the arguments. Every file is loaded with weights_only=True, both in full and with mmap=True, and the two must agree.

    pth_check.py FILE...
"""
import json
import sys
import warnings

import torch

from pth_describe import dumps

warnings.simplefilter("ignore")
for path in sys.argv[1:]:
    try:
        full = dumps(torch.load(path, weights_only=True))
        mapped = dumps(torch.load(path, weights_only=True, mmap=True))
        print(full if full == mapped else json.dumps({"error": "mmap=True reads something else"}))
    except Exception as e:
        print(json.dumps({"error": f"{type(e).__name__}: {e}"[:500]}))
