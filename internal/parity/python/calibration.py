"""The expected calibration error of Guo et al. 2017: bins of equal width, each with its upper end, weighted by their predictions."""
import json, sys
import numpy as np

out = []
for case in json.load(sys.stdin):
    sure, right = np.asarray(case["sure"], dtype=np.float64), np.asarray(case["right"], dtype=np.float64)
    edges = np.linspace(0, 1, 16)
    ece, bins = 0.0, []
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (sure > low) & (sure <= high)
        if low == 0:
            inside |= sure == 0
        if inside.any():
            ece += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
            bins.append([int(inside.sum()), sure[inside].mean(), right[inside].mean()])
    out.append({"ece": ece, "accuracy": right.mean(), "chance": sure.mean(), "bins": bins})
print(json.dumps(out))
