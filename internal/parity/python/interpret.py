"""scikit-learn's report and fastai's most confused of given classes and predictions."""
import json
import sys
import warnings

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix

warnings.filterwarnings("ignore")
task = json.load(sys.stdin)
y, p, vocab = np.array(task["targets"]), np.array(task["decoded"]), task["vocab"]
seen, names = list(range(len(vocab))), vocab  # as fastai's print_classification_report
if task.get("labels"):  # several an item, as rows of 0 and 1
    print(json.dumps({"text": classification_report(y, p, target_names=vocab, zero_division=0),
                      "report": classification_report(y, p, target_names=vocab, zero_division=0, output_dict=True)}))
    sys.exit()
report = classification_report(y, p, labels=seen, target_names=names, output_dict=True, zero_division=0)
text = classification_report(y, p, labels=seen, target_names=names, zero_division=0)
cm = confusion_matrix(y, p, labels=range(len(vocab)))
np.fill_diagonal(cm, 0)
confused = sorted([(vocab[i], vocab[j], int(cm[i, j])) for i, j in zip(*np.where(cm >= 2))], key=lambda r: r[2], reverse=True)
print(json.dumps({"report": report, "text": text, "confused": confused}))
