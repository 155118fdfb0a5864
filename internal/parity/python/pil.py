"""What PIL makes of files: Image.open(file).convert('RGB'), 16-bit grey scaled and not clipped, and with orient ImageOps.exif_transpose before it.
Reads {"files": [...], "out": DIR, "orient": bool, "gray": bool}, gray being convert('L'); writes the pixels of the k-th file to DIR/k.rgb, and prints
for each file its format, mode, width and height, or its error."""
import json
import sys
import warnings

import numpy as np
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = 178_956_970 // 2  # PIL warns above it, and refuses twice as many


def read(path, out, orient, gray):
    try:
        with Image.open(path) as im:
            found = {"format": im.format, "mode": im.mode}
            if orient:
                im = ImageOps.exif_transpose(im)
            if im.mode.startswith("I;16") or im.mode == "I" and im.format == "PPM":  # which PIL clips, and we scale
                twelve = 12 in getattr(im, "tag_v2", {}).get(258, ())
                im = Image.fromarray((np.asarray(im) >> (4 if twelve else 8)).astype(np.uint8))
            im = im.convert("L" if gray else "RGB")
            with open(out, "wb") as f:
                f.write(im.tobytes())
            return found | {"w": im.width, "h": im.height}
    except Exception as e:  # of which each plugin has its own
        return {"error": f"{type(e).__name__}: {e}".replace(path, "the file")}


if __name__ == "__main__":
    task = json.load(sys.stdin)
    json.dump([read(path, f"{task['out']}/{k}.rgb", task.get("orient", False), task.get("gray", False)) for k, path in enumerate(task["files"])], sys.stdout)
