"""fastai's ImageDataLoaders and blocks on given folders and tables: for each case its vocabulary, the files of
its training and validation set in their order, their targets, and the names of loss and number of outputs."""
import csv
import json
import sys
import warnings
from pathlib import Path

import fastai.vision.data
from fastai.vision.all import (
    CategoryBlock, DataBlock, ImageBlock, ImageDataLoaders, L, MultiCategoryBlock, RandomSplitter, RegressionBlock,
    get_image_files,
)

warnings.filterwarnings("ignore")
# from_folder takes files in the order of the file system; ours are sorted.
fastai.vision.data.get_image_files = lambda *args, **kwargs: L(sorted(get_image_files(*args, **kwargs)))
task = json.load(sys.stdin)
folder, multi = Path(task["folder"]), Path(task["multi"])
files = sorted(get_image_files(folder))
common = dict(bs=2, num_workers=0, device="cpu")
rows = list(csv.DictReader(open(multi / "labels.csv")))


def block(y, get_y, items):
    b = DataBlock(blocks=(ImageBlock, y), get_x=lambda r: multi / r["name"], get_y=get_y, splitter=RandomSplitter(0.4, seed=3))
    return b.dataloaders(items, **common)


CASES = {
    "folder": lambda: ImageDataLoaders.from_folder(folder, **common),
    "folder_pct": lambda: ImageDataLoaders.from_folder(folder, valid_pct=0.4, seed=3, **common),
    "name_re": lambda: ImageDataLoaders.from_name_re(folder, files, r"^([a-z]+)_\d+", valid_pct=0.4, seed=3, **common),
    "name_func": lambda: ImageDataLoaders.from_name_func(folder, files, lambda n: n[:2], valid_pct=0.4, seed=3, **common),
    "lists": lambda: ImageDataLoaders.from_lists(folder, files, [str(i % 3) for i in range(len(files))], valid_pct=0.4, seed=3, **common),
    "csv": lambda: ImageDataLoaders.from_csv(multi, label_delim=" ", valid_col="is_valid", **common),
    "csv_numbers": lambda: ImageDataLoaders.from_csv(multi, csv_fname="numbers.csv", seed=3, valid_pct=0.4, **common),
    "path_re": lambda: ImageDataLoaders.from_path_re(folder, files, r"/([ab])/", valid_pct=0.4, seed=3, **common),
    "csv_seed": lambda: ImageDataLoaders.from_csv(multi, label_col="class", fn_col="name", seed=3, valid_pct=0.4, **common),
    "add_na": lambda: block(CategoryBlock(add_na=True, vocab=["b", "a"]), lambda r: r["class"], rows),
    "unsorted": lambda: block(CategoryBlock(vocab=["c", "b", "a"], sort=False), lambda r: r["class"], rows),
    "multi_vocab": lambda: block(MultiCategoryBlock(vocab=["z", "y", "x"]), lambda r: r["tags"].split(" ") if r["tags"] else [], rows),
    "number": lambda: block(RegressionBlock(), lambda r: float(r["size"]), rows),
    "numbers": lambda: block(RegressionBlock(n_out=2), lambda r: [float(r["size"]), 1.5], rows),
}


def describe(dls):
    out = {"c": dls.c, "loss": type(dls.loss_func).__name__, "vocab": list(map(str, getattr(dls, "vocab", [])))}
    for name, ds in (("train", dls.train_ds), ("valid", dls.valid_ds)):
        paths = [r if isinstance(r, (str, Path)) else r[0] if isinstance(r, tuple) else r["name"] for r in ds.items] \
            if not hasattr(ds.items, "iloc") else list(ds.items["name"])
        out[name] = [Path(p).name for p in paths]
        out[name + "_y"] = [list(map(float, y.reshape(-1))) for _, y in ds]
    return out


print(json.dumps({name: describe(make()) for name, make in CASES.items()}))
