"""TorchScript files of small nets, one with batch norm and a recurrent one, and what PyTorch makes of them.

Reads {"dir": ..., "step": "make"}: writes <kind>.pt, a script or a trace made in training or in
evaluation, and data.pth; prints for each kind the losses of SGD on the net itself, its outputs in
evaluation afterwards, and its keys. Reads {"dir": ..., "step": "read", "kinds": [...]}: prints the
outputs of <kind>.trained.pt, the loss of one more step on it, and its keys.
"""
import json
import sys
import warnings

import torch
from torch import nn
from torch.nn.functional import cross_entropy

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


class Recurrent(nn.Module):
    """Its layer keeps its weights in a list besides."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(6, 4, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        y, _ = self.gru(x.mean(1))
        return self.head(y[:, -1])


def train(net, x, y):
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(2):
        for i in range(0, len(x), 4):
            loss = cross_entropy(net(x[i : i + 4]), y[i : i + 4])
            losses.append(loss.item())
            loss.backward()
            opt.step()
            opt.zero_grad()
    return losses


def make(folder):
    torch.manual_seed(1)
    x, y = torch.randn(12, 3, 6, 6, dtype=torch.float64), torch.randint(3, (12,))
    torch.save({"x": x, "y": y}, f"{folder}/data.pth")
    out = {}
    for kind in ["script", "recurrent", "trace", "trace_eval"]:
        net = (Recurrent() if kind == "recurrent" else Net()).double()
        if kind in ("script", "recurrent"):
            module = torch.jit.script(net)
        else:
            net.train(kind == "trace")
            before = {k: v.clone() for k, v in net.state_dict().items()}
            module = torch.jit.trace(net, x[:4], check_trace=False)
            net.load_state_dict(before)  # which the trace shares
        module.save(f"{folder}/{kind}.pt")
        losses = train(net, x, y)
        net.train(kind == "trace")  # a trace stays in its mode
        out[kind] = {"losses": losses, "outputs": net(x).flatten().tolist(), "keys": list(net.state_dict())}
    torch.jit.save(torch.jit.script(Pair()), f"{folder}/pair.pt")
    torch.save(Net().state_dict(), f"{folder}/weights.pth")
    return out


class Pair(nn.Module):
    def forward(self, x):
        return x, x


def read(folder, kinds):
    data = torch.load(f"{folder}/data.pth")
    out = {}
    for kind in kinds:
        module = torch.jit.load(f"{folder}/{kind}.trained.pt")
        training = module.training
        outputs = module.eval()(data["x"]).flatten().tolist()
        keys = list(module.state_dict())
        out[kind] = {"losses": train(module.train(), data["x"], data["y"]), "outputs": outputs, "keys": keys, "training": training}
    return out


if __name__ == "__main__":
    job = json.load(sys.stdin)
    print(json.dumps(make(job["dir"]) if job["step"] == "make" else read(job["dir"], job["kinds"])))
