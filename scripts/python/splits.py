"""fastai's RandomSplitter(0.2, seed=42) for given numbers of items."""
import json
import sys

from fastai.data.transforms import RandomSplitter

print(json.dumps([[list(map(int, part)) for part in RandomSplitter(0.2, seed=42)(list(range(n)))]
                  for n in json.load(sys.stdin)]))
