"""In the environment that stdin gives: downloads files of a repository as huggingface_hub does, or finds them in its cache."""
import json, os, sys

given = json.load(sys.stdin)
os.environ.update(given["env"])
from huggingface_hub import hf_hub_download, scan_cache_dir
from timm.models import load_model_config_from_hf

paths = [hf_hub_download(given["repo"], f, revision=given["revision"], local_files_only=given["local"]) for f in given["files"]]
cache = scan_cache_dir()
cfg, arch, _ = load_model_config_from_hf(given["repo"] + "@" + given["revision"])
json.dump(dict(paths=paths, warnings=[str(w) for w in cache.warnings], bytes=cache.size_on_disk, arch=arch, mean=cfg["mean"], std=cfg["std"],
               size=cfg["input_size"][1:], crop=cfg["crop_pct"], interpolation=cfg["interpolation"]), sys.stdout)
