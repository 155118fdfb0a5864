"""Ranks labels by cleanlab's defaults, the most suspicious first: out-of-fold probabilities of its own classifier in five folds, and its
score of each label by them. Prints the items in that order."""
import json
import sys

import numpy as np
from cleanlab.classification import CleanLearning

spec = json.load(sys.stdin)
features, labels = np.array(spec["features"], dtype=np.float32), np.array(spec["labels"])
issues = CleanLearning(seed=spec["seed"]).find_label_issues(features, labels)
print(json.dumps(np.argsort(issues["label_quality"].to_numpy(), kind="stable").tolist()))
