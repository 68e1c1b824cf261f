"""Writes torch-models.json: what PyTorch computes with each architecture of libs/models.

Weights and images come from a formula (`noise`), which torch-models.ts repeats, so that only results are stored.
They are float32 numbers; the arithmetic here is float64, so that all error in a comparison is the other side's.
    pip install torch torchvision && python test/golden/torch-models.py
"""

import json
import math
import pathlib

import numpy
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

CLASSES = 5
BATCH = 4
SIZE = 37  # odd: the strides' rounding shows
LABELS = [0, 3, 1, 3]


def noise(name: str, count: int) -> numpy.ndarray:
    """Numbers in [-0.5, 0.5) from exact 32-bit arithmetic."""
    seed = 0x811C9DC5
    for character in name:
        seed = ((seed ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    x = (numpy.arange(count, dtype=numpy.uint64) * 0x9E3779B1 + seed) & 0xFFFFFFFF
    x ^= x >> 15
    x = (x * 0x2C1B3C6D) & 0xFFFFFFFF
    x ^= x >> 12
    x = (x * 0x297A2D39) & 0xFFFFFFFF
    x ^= x >> 15
    return x.astype(numpy.float64) / 2**32 - 0.5


def fill(model: nn.Module) -> nn.Module:
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        u = noise(name, tensor.numel())
        if tensor.dim() == 4:
            u *= math.sqrt(12 / (tensor.shape[1] * tensor.shape[2] * tensor.shape[3]))
        elif tensor.dim() == 2:
            u *= 4 / math.sqrt(tensor.shape[1])
        elif name.endswith("running_var") or name.endswith("weight"):
            u = 1 + 0.4 * u
        else:
            u *= 0.4
        tensor.copy_(torch.from_numpy(u.astype(numpy.float32)).reshape(tensor.shape))
    return model


class ResNet20(nn.Module):
    """He et al. (2015), section 4.2, of torchvision's own basic block."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (inputs, outputs, stride) in enumerate([(16, 16, 1), (16, 32, 2), (32, 64, 2)], 1):
            shortcut = None
            if stride != 1:
                shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            first = BasicBlock(inputs, outputs, stride, shortcut)
            setattr(self, f"layer{stage}", nn.Sequential(first, BasicBlock(outputs, outputs), BasicBlock(outputs, outputs)))
        self.fc = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 32, 48, 64, 80]
        for index in range(1, 5):
            setattr(self, f"conv{index}", nn.Conv2d(widths[index - 1], widths[index], 3, padding=1, bias=False))
            setattr(self, f"bn{index}", nn.BatchNorm2d(widths[index]))
        self.fc = nn.Linear(80, CLASSES)

    def forward(self, x):
        for index in range(1, 5):
            x = torch.relu(getattr(self, f"bn{index}")(getattr(self, f"conv{index}")(x)))
            if index <= 2:
                x = nn.functional.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


def mobilenet_v2():
    model = torchvision.models.mobilenet_v2(num_classes=CLASSES)
    model.classifier[0].p = 0.0  # the dropout is no part of our architecture
    return model


MODELS = {
    "small_cnn": SmallCnn,
    "resnet20": ResNet20,
    "resnet18": lambda: torchvision.models.resnet18(num_classes=CLASSES),
    "mobilenet_v2": mobilenet_v2,
}


def rounded(tensor: torch.Tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().double().flatten().tolist()]


def evaluate(build, mode: str):
    with torch.no_grad():
        model = fill(build()).double().train(mode == "train")
    images = torch.from_numpy(noise("images", BATCH * SIZE * SIZE * 3).astype(numpy.float32) * 4).double()
    logits = model(images.reshape(BATCH, SIZE, SIZE, 3).permute(0, 3, 1, 2))
    loss = nn.functional.cross_entropy(logits, torch.tensor(LABELS))
    loss.backward()
    statistics = {k: v for k, v in model.state_dict().items() if "running" in k}
    shown = [*list(statistics)[:2], *list(statistics)[-2:]] if mode == "train" else []
    return {
        "logits": rounded(logits),
        "loss": rounded(loss)[0],
        "gradientNorms": {name: rounded(p.grad.norm())[0] for name, p in model.named_parameters()},
        "statistics": {name: rounded(statistics[name][:6]) for name in shown},
    }


torch.manual_seed(0)
golden = {
    "madeBy": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
    "models": {
        name: {
            "parameters": sum(p.numel() for p in build().parameters()),
            "inference": evaluate(build, "inference"),
            "train": evaluate(build, "train"),
        }
        for name, build in MODELS.items()
    },
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
