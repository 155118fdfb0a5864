"""Three batches of fastai's MixUp in training, from a seed: the blended inputs, the losses and the weights."""
import json
import warnings

import torch
from fastai.vision.all import Callback, CrossEntropyLossFlat, DataLoaders, Learner, MixUp, SGD

warnings.filterwarnings("ignore")


class Note(Callback):
    order, run_valid = 100, False

    def __init__(self): self.xs, self.losses = [], []
    def after_pred(self): self.xs.append(self.x.flatten().tolist())
    def after_loss(self): self.losses.append(self.learn.loss.item())


x = torch.arange(24.0).view(12, 2) / 10
y = torch.arange(12) % 3
batches = [(x[i:i + 4], y[i:i + 4]) for i in (0, 4, 8)]
model = torch.nn.Linear(2, 3)
with torch.no_grad():
    model.weight.copy_(torch.arange(6.0).view(3, 2) / 7)
    model.bias.copy_(torch.arange(3.0) / 5)
learn = Learner(DataLoaders(batches, batches[:1]), model, loss_func=CrossEntropyLossFlat(), opt_func=SGD, cbs=MixUp(0.4))
note = Note()
learn.add_cb(note)
torch.manual_seed(11)
with learn.no_bar(), learn.no_logging():
    learn.fit(1, 0.1)
print(json.dumps({"xs": note.xs, "losses": note.losses, "weights": model.weight.flatten().tolist() + model.bias.tolist(),
                  "valid": learn.recorder.values[-1][1]}))
