"""The benched networks in PyTorch: torchvision's, and those that it lacks, as libs/models and lenet.js build them."""

import torch
import torchvision
from torch import nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock

# Per stage, of three stages.
CIFAR_BLOCKS = {"resnet8": 1, "resnet20": 3}


def create_network(name: str, classes: int, channels: int) -> nn.Module:
    """A network with random weights and without dropout, which the other side's training step has not either."""
    if name == "lenet":
        return LeNet(classes, channels)
    if name in CIFAR_BLOCKS:
        return CifarResNet(CIFAR_BLOCKS[name], classes)
    if name == "shufflenet_v2":
        return torchvision.models.shufflenet_v2_x1_0(num_classes=classes)
    if name == "mobilenet_v2":
        network = torchvision.models.mobilenet_v2(num_classes=classes)
        network.classifier[0] = nn.Identity()
        return network
    if name == "inception_v3":
        return torchvision.models.inception_v3(num_classes=classes, aux_logits=False, init_weights=False)
    return getattr(torchvision.models, name)(num_classes=classes)


class LeNet(nn.Module):
    """LeCun et al. (1998) with ReLU and max-pooling, for images of 28x28."""

    def __init__(self, classes: int, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = functional.relu(self.fc1(x.flatten(1)))
        return self.fc3(functional.relu(self.fc2(x)))


class CifarResNet(nn.Module):
    """He et al. (2015), section 4.2, with 1x1 projection shortcuts, of torchvision's own basic block."""

    def __init__(self, blocks_per_stage: int, classes: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        blocks = []
        for inputs, outputs, stride in [(16, 16, 1), (16, 32, 2), (32, 64, 2)]:
            shortcut = None
            if stride != 1:
                shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            blocks.append(BasicBlock(inputs, outputs, stride, shortcut))
            blocks.extend(BasicBlock(outputs, outputs) for _ in range(blocks_per_stage - 1))
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        return self.fc(self.blocks(functional.relu(self.bn1(self.conv1(x)))).mean((2, 3)))


def parameter_count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
