"""torchvision's names of the classes of Flowers-102, and fastai's folders, URL and checks of its archive."""
import json

from fastai.data import download_checks, external
from fastai.data.external import URLs, fastai_path
from pathlib import Path
from torchvision.datasets import Flowers102

checks = eval(Path(download_checks.__file__).read_text())
print(json.dumps({"names": Flowers102.classes, "url": URLs.FLOWERS, "checks": checks[URLs.FLOWERS],
                  "archive": str(fastai_path("archive")), "data": str(fastai_path("data"))}))
