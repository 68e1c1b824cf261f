"""Writes interpolate.json: what PyTorch's bilinear `interpolate` makes of small images, and the gradient that it hands back.

Inputs are float32 numbers, the arithmetic is float64.
    pip install torch==2.14.1 numpy && python test/golden/interpolate.py
"""

import json
import pathlib

import numpy
import torch
import torch.nn.functional as F

random = numpy.random.default_rng(20261128)


def float32(shape):
    return random.normal(0, 1, shape).astype(numpy.float32).astype(numpy.float64)


def rounded(values):
    return [float(f"{value:.9g}") for value in numpy.asarray(values, dtype=numpy.float64).ravel()]


def channels_last(tensor):
    return rounded(tensor.detach().permute(0, 2, 3, 1).numpy())


def case(batch, height, width, channels, size):
    images = torch.tensor(float32((batch, channels, height, width)), requires_grad=True)
    enlarged = F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    dy = torch.tensor(float32(enlarged.shape))
    enlarged.backward(dy)
    return {
        "shape": [batch, height, width, channels],
        "size": size,
        "images": channels_last(images),
        "enlarged": channels_last(enlarged),
        "dy": channels_last(dy),
        "gradient": channels_last(images.grad),
    }


golden = {
    "madeBy": f"torch {torch.__version__}",
    # Not square; by whole numbers, by CIFAR-10's 80 / 32, and by next to nothing; a single pixel.
    "cases": [case(2, 3, 4, 2, 7), case(1, 3, 3, 1, 9), case(1, 4, 4, 3, 10), case(1, 5, 5, 1, 6), case(1, 1, 1, 2, 3)],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
