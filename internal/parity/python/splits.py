"""fastai's splitters on the numbers and paths that Go's test uses; prints [train, valid] of each."""
import json
import sys
import warnings
from pathlib import Path

from fastai.data.transforms import (
    ColSplitter, EndSplitter, FileSplitter, FuncSplitter, GrandparentSplitter, IndexSplitter, MaskSplitter,
    RandomSplitter, RandomSubsetSplitter, TrainTestSplitter,
)

warnings.filterwarnings("ignore")
task = json.load(sys.stdin)
numbers, paths = list(range(100)), [Path(p) for p in task["paths"]]
labels = [(i >= 17) + (i >= 47) + (i >= 90) for i in numbers]
out = {f"random{n}": RandomSplitter(0.2, seed=42)(list(range(n))) for n in (10, 1000, 8189)}
out["subset"] = RandomSubsetSplitter(0.3, 0.25, seed=7)(numbers)
out["index"] = IndexSplitter([5, 3, 90])(numbers)
out["mask"] = MaskSplitter([i % 3 == 0 for i in numbers])(numbers)
out["func"] = FuncSplitter(lambda i: i > 70)(numbers)
out["grandparent"] = GrandparentSplitter("train", "valid")(paths)
out["end"] = EndSplitter(0.23)(numbers)
out["start"] = EndSplitter(0.23, valid_last=False)(numbers)
out["file"] = FileSplitter(task["file"])(paths)
if task["csv"]:
    import pandas as pd

    rows = pd.read_csv(task["csv"])
    out["col"] = ColSplitter("is_valid")(rows)
    out["col_on"] = ColSplitter("class", on=["rose", "tulip"])(rows)
splits = {name: [[int(i) for i in part] for part in split] for name, split in out.items()}
# The stratified ones differ item by item; what counts is how many of each label are where.
count = lambda part: [sum(labels[i] == l for i in part) for l in range(4)]
for part in (0.1, 0.2, 0.37):
    train, valid = TrainTestSplitter(part, random_state=1, stratify=labels)(numbers)
    splits[f"stratified{part}"] = [count(train), count(valid)]
print(json.dumps(splits))
