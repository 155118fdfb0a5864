"""Trains a PyTorch model for five steps in each dtype. Its weights before and after and its first gradients are saved; its logits are printed."""
import json
import os
import sys

import torch
import torchvision
from torch import nn
from torch.nn import functional as F


def twice(i, o):
    conv = lambda i: nn.Conv2d(i, o, 3, padding=1, bias=False)
    return nn.Sequential(conv(i), nn.BatchNorm2d(o), nn.ReLU(True), conv(o), nn.BatchNorm2d(o), nn.ReLU(True))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([twice(3, 8), twice(8, 16)])
        self.middle = twice(16, 32)
        self.grow = nn.ModuleList([nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)])
        self.up = nn.ModuleList([twice(32, 16), twice(16, 8)])
        self.head = nn.Conv2d(8, 3, 1)

    def forward(self, x):
        seen = []
        for down in self.down:
            seen.append(down(x))
            x = F.max_pool2d(seen[-1], 2)
        x = self.middle(x)
        for grow, up in zip(self.grow, self.up):
            x = up(torch.cat([seen.pop(), grow(x)], 1))
        return self.head(x)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, 16, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        return self.head(self.lstm(self.words(x))[0][:, -1])


class GAN(nn.Module):
    def __init__(self, z=6, w=8):
        super().__init__()
        up, down = nn.ConvTranspose2d, nn.Conv2d
        self.g = nn.Sequential(up(z, 2 * w, 4, bias=False), nn.BatchNorm2d(2 * w), nn.ReLU(True), up(2 * w, w, 4, 2, 1, bias=False),
                               nn.BatchNorm2d(w), nn.ReLU(True), up(w, 3, 4, 2, 1, bias=False), nn.Tanh())
        self.d = nn.Sequential(down(3, w, 4, 2, 1, bias=False), nn.LeakyReLU(.2), down(w, 2 * w, 4, 2, 1, bias=False),
                               nn.BatchNorm2d(2 * w), nn.LeakyReLU(.2), down(2 * w, 1, 4, bias=False), nn.Flatten())

    def forward(self, z):
        return self.d(self.g(z))


def vit():
    m = torchvision.models.VisionTransformer(32, 8, 12, 3, 192, 768, num_classes=5)
    nn.init.normal_(m.heads.head.weight, std=.1)  # zeros give no gradients
    nn.init.normal_(m.class_token, std=.02)
    return m


def convnext():
    cn = torchvision.models.convnext
    return nn.Sequential(cn.CNBlock(8, .5, 0.), cn.LayerNorm2d(8, eps=1e-6), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))


def bce(logits, real):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, real))


def train(c, dtype, folder):
    torch.manual_seed(3)
    m = {"vit": vit, "convnext": convnext, "lstm": Reader, "unet": UNet, "dcgan": GAN}[c["name"]]().to(dtype)
    x = torch.tensor(c["x"], dtype=torch.int64 if c["index"] else dtype).reshape(c["shape"])
    y = torch.tensor(c["y"], dtype=dtype).reshape(c["y_shape"])
    if c["name"] == "dcgan":
        steps = [(m.d.parameters(), lambda: bce(m.d(y), 1.) + bce(m.d(m.g(x).detach()), 0.)), (m.g.parameters(), lambda: bce(m(x), 1.))]
    else:
        steps = [(m.parameters(), lambda: F.cross_entropy(m(x), y.long()))]

    def save(name, state):
        torch.save({k: v.detach().clone() for k, v in state.items()}, os.path.join(folder, name + ".pth"))

    save("start", m.state_dict())
    logits = m(x).detach().double().flatten().tolist()
    opts = [(torch.optim.SGD(list(params), lr=.05, momentum=.9), loss) for params, loss in steps]
    grads = m.state_dict()
    names = {p: k for k, p in m.named_parameters()}
    for step in range(5):
        for opt, loss in opts:
            m.zero_grad()
            loss().backward()
            if step == 0:
                grads.update({names[p]: p.grad.clone() for p in opt.param_groups[0]["params"]})
            opt.step()
    save("grads", grads)
    save("after", m.state_dict())
    return logits


c = json.load(sys.stdin)
print(json.dumps({name: train(c, getattr(torch, name), folder) for name, folder in c["folders"].items()}))
