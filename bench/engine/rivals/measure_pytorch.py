"""One PyTorch measurement: a training step or a forward pass at a given setting. Started by the bench with a JSON cell."""

import json
import sys
import time
import warnings

cell = json.loads(sys.argv[1])
warnings.simplefilter("ignore")

import torch
from torch._inductor import config as inductor
from torch.fx.experimental.optimization import fuse
from torch.nn import functional

import meter
from networks import create_network, parameter_count

torch.set_num_threads(cell["threads"])
# As TensorFlow's own threads do.
torch.set_flush_denormal(True)
torch.manual_seed(1)

setting = cell["setting"]
memory_format = torch.channels_last if setting.get("channelsLast") else torch.contiguous_format


def network_and_images():
    network = create_network(cell["model"], cell["classes"], cell["channels"])
    images = torch.rand(cell["batch"], cell["channels"], cell["size"], cell["size"]) * 2 - 1
    return network.to(memory_format=memory_format), images.to(memory_format=memory_format)


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=cell["precision"] == "bfloat16")


def compiled(function):
    return torch.compile(function) if setting.get("compile") else function


def training_step():
    network, images = network_and_images()
    labels = torch.arange(cell["batch"]) % cell["classes"]
    optimizer = torch.optim.SGD(
        network.parameters(), **cell["optimizer"], **{setting.get("optimizer", "fused"): True}
    )
    network.train()

    @compiled
    def loss_of(images, labels):
        return functional.cross_entropy(network(images), labels)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with autocast():
            loss = loss_of(images, labels)
        loss.backward()
        optimizer.step()
        return loss

    return parameter_count(network), step


def forward_step():
    network, images = network_and_images()
    parameters = parameter_count(network)
    network.eval()
    if setting.get("fuse"):
        network = fuse(network).to(memory_format=memory_format)
    if setting.get("freeze"):
        inductor.freezing = True
    forward = compiled(network)

    def step():
        with torch.inference_mode(), autocast():
            return forward(images)

    return parameters, step


def matmul_step():
    size = cell["size"]
    left, right = torch.rand(size, size), torch.rand(size, size)

    def step():
        with torch.inference_mode():
            return torch.mm(left, right)

    return 0, step


def main():
    base = meter.resident_bytes()
    began = time.perf_counter()
    parameters, step = {"train": training_step, "forward": forward_step, "matmul": matmul_step}[cell["mode"]]()
    result = meter.measure(step, began, cell["perStep"], cell["seconds"])
    value = step().float().mean().item()
    meter.say(
        {**result, "baseBytes": base, "peakBytes": meter.peak_bytes(), "parameters": parameters, "lastValue": value}
    )


main()
