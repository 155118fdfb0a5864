"""fastai's schedules at given positions."""
import json
import sys

from fastai.callback.schedule import (
    SchedCos, SchedExp, SchedLin, SchedNo, SchedPoly, combine_scheds, combined_cos,
)

job = json.load(sys.stdin)
kinds = {"lin": SchedLin, "cos": SchedCos, "no": SchedNo, "exp": SchedExp, "poly": SchedPoly,
         "combined_cos": combined_cos}
out = []
for case in job["cases"]:
    if case["kind"] == "three":
        sched = combine_scheds(case["parts"], [SchedLin(0, 1), SchedCos(1, 0.5), SchedExp(0.5, 0.01)])
    else:
        sched = kinds[case["kind"]](*case["args"])
    out.append([float(sched(p)) for p in job["positions"]])
print(json.dumps(out))
