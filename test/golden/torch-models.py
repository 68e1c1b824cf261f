"""Writes torch-models.json: what PyTorch computes with each architecture of libs/models.

Weights and images come from a formula (`noise`), which torch-models.ts repeats, so that only results are stored.
They are float32 numbers; the arithmetic here is float64, so that all error in a comparison is the other side's.
    pip install torch==2.14.1 torchvision==0.29.2 && python test/golden/torch-models.py
"""

import hashlib
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
OBLONG = (46, 33)  # even heights pad otherwise
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


class CifarResNet(nn.Module):
    """He et al. (2015), section 4.2, of torchvision's own basic block."""

    def __init__(self, depth: int):
        super().__init__()
        blocks = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (inputs, outputs, stride) in enumerate([(16, 16, 1), (16, 32, 2), (32, 64, 2)], 1):
            shortcut = None
            if stride != 1:
                shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            first = BasicBlock(inputs, outputs, stride, shortcut)
            rest = [BasicBlock(outputs, outputs) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(first, *rest))
        self.fc = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class PreActivationBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        if inputs != outputs:
            self.convShortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        activated = torch.relu(self.bn1(x))
        y = self.conv2(torch.relu(self.bn2(self.conv1(activated))))
        return y + (self.convShortcut(activated) if hasattr(self, "convShortcut") else x)


class WideResNet(nn.Module):
    """Zagoruyko & Komodakis (2016), with the names of the code of Tian et al. (2020)."""

    def __init__(self, depth: int, widening: int):
        super().__init__()
        blocks = (depth - 4) // 6
        widths = [16, 16 * widening, 32 * widening, 64 * widening]
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        for stage in (1, 2, 3):
            inputs, outputs = widths[stage - 1], widths[stage]
            first = PreActivationBlock(inputs, outputs, 1 if stage == 1 else 2)
            rest = [PreActivationBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            setattr(self, f"block{stage}", nn.Module())
            getattr(self, f"block{stage}").layer = nn.Sequential(first, *rest)
        self.bn1 = nn.BatchNorm2d(widths[3])
        self.fc = nn.Linear(widths[3], CLASSES)

    def forward(self, x):
        x = self.conv1(x)
        for stage in (self.block1, self.block2, self.block3):
            x = stage.layer(x)
        return self.fc(torch.relu(self.bn1(x)).mean((2, 3)))


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


def without_dropout(model: nn.Module) -> nn.Module:
    """Dropout is no part of our architectures."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


def of_torchvision(name: str, **options):
    return lambda: without_dropout(getattr(torchvision.models, name)(num_classes=CLASSES, **options))


MODELS = {
    "small_cnn": SmallCnn,
    "resnet8": lambda: CifarResNet(8),
    "resnet20": lambda: CifarResNet(20),
    "resnet56": lambda: CifarResNet(56),
    "wrn_16_2": lambda: WideResNet(16, 2),
    "wrn_40_2": lambda: WideResNet(40, 2),
    "resnet18": of_torchvision("resnet18"),
    "resnet34": of_torchvision("resnet34"),
    "resnet50": of_torchvision("resnet50"),
    "mobilenet_v2": of_torchvision("mobilenet_v2"),
    "mobilenet_v2_x0_35": of_torchvision("mobilenet_v2", width_mult=0.35),
    "mobilenet_v2_x0_5": of_torchvision("mobilenet_v2", width_mult=0.5),
    "mobilenet_v2_x0_75": of_torchvision("mobilenet_v2", width_mult=0.75),
    "mobilenet_v2_x1_4": of_torchvision("mobilenet_v2", width_mult=1.4),
    "mobilenet_v3_small": of_torchvision("mobilenet_v3_small"),
    "shufflenet_v2": of_torchvision("shufflenet_v2_x1_0"),
    "shufflenet_v2_x0_5": of_torchvision("shufflenet_v2_x0_5"),
    "inception_v3": of_torchvision("inception_v3", aux_logits=False, init_weights=False),
}
# Of these only the logits: their layers are those of another one.
SIBLINGS = {
    *("resnet8", "resnet56", "wrn_40_2", "resnet34", "shufflenet_v2_x0_5"),
    *("mobilenet_v2_x0_35", "mobilenet_v2_x0_5", "mobilenet_v2_x0_75", "mobilenet_v2_x1_4"),
}
# Pixels by which images are larger, for a network that shrinks the smaller ones to nothing.
LARGER = {"inception_v3": 70}


def rounded(tensor: torch.Tensor, digits: int = 7):
    return [float(f"{value:.{digits}g}") for value in tensor.detach().double().flatten().tolist()]


def images(height: int, width: int) -> torch.Tensor:
    pixels = torch.from_numpy(noise("images", BATCH * height * width * 3).astype(numpy.float32) * 4).double()
    return pixels.reshape(BATCH, height, width, 3).permute(0, 3, 1, 2)


def logits_of(name: str, height: int, width: int):
    with torch.no_grad():
        return rounded(fill(MODELS[name]()).double().eval()(images(height, width)))


def trained(name: str, mode: str, size: int):
    with torch.no_grad():
        model = fill(MODELS[name]()).double().train(mode == "train")
    logits = model(images(size, size))
    loss = nn.functional.cross_entropy(logits, torch.tensor(LABELS))
    loss.backward()
    statistics = {k: v for k, v in model.state_dict().items() if "running" in k}
    shown = [*list(statistics)[:2], *list(statistics)[-2:]] if mode == "train" else []
    return {
        "logits": rounded(logits),
        "loss": rounded(loss)[0],
        "gradientNorms": {name: rounded(p.grad.norm(), 6)[0] for name, p in model.named_parameters()},
        "statistics": {name: rounded(statistics[name][:6]) for name in shown},
    }


def hash_of(state) -> str:
    """Of every entry as it is: name, type, shape and bytes."""
    hashed = hashlib.sha256()
    for key in sorted(state):
        value = state[key].contiguous()
        kind = {torch.float32: "F32", torch.int64: "I64"}[value.dtype]
        hashed.update(f"{key} {kind} {','.join(map(str, value.shape))}\n".encode())
        hashed.update(value.numpy().tobytes())
    return hashed.hexdigest()


def golden_of(name: str):
    model = MODELS[name]()
    state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    lines = sorted(f"{key} {','.join(map(str, value.shape))}" for key, value in state.items())
    larger = LARGER.get(name, 0)
    height, width, size = OBLONG[0] + larger, OBLONG[1] + larger, SIZE + larger
    golden = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "shapesSha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "stateSha256": hash_of(fill(model).state_dict()),
        "oblong": {"height": height, "width": width, "logits": logits_of(name, height, width)},
    }
    if name in SIBLINGS:
        return golden
    return golden | {
        "size": size,
        "inference": trained(name, "inference", size),
        "train": trained(name, "train", size),
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    golden = {
        "madeBy": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
        "models": {name: golden_of(name) for name in MODELS},
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
