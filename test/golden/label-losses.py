"""Writes label-losses.json: what PyTorch makes of label smoothing, class weights and binary cross-entropy, with gradients.

Inputs are float32 numbers, the arithmetic is float64.
    pip install torch==2.14.1 numpy && python test/golden/label-losses.py
"""

import json
import pathlib

import numpy
import torch
import torch.nn.functional as F

random = numpy.random.default_rng(20261127)
BATCH, CLASSES, SMOOTHING = 6, 4, 0.1


def rounded(values):
    return [float(f"{value:.9g}") for value in numpy.asarray(values, dtype=numpy.float64).ravel()]


logits = random.normal(0, 3, (BATCH, CLASSES)).astype(numpy.float32).astype(numpy.float64)
# Certain, certainly wrong, and where max(z, 0) and |z| have a corner.
logits[4] = [60, -60, 0, 1]
labels = torch.tensor([0, 3, 1, 3, 1, 2])
weights = torch.tensor([0.5, 2.0, 0.25, 1.5], dtype=torch.float64)
# What mixup makes of labels: 0.7 of the own, 0.3 of the one before it.
one_hot = F.one_hot(labels, CLASSES).double()
mixed = 0.7 * one_hot + 0.3 * one_hot.roll(1, 0)


def with_gradient(function):
    leaf = torch.tensor(logits, requires_grad=True)
    value = function(leaf)
    value.backward()
    return {"value": rounded([value.item()])[0], "gradients": [rounded(leaf.grad.numpy())]}


def ce(target, weight, smoothing):
    return with_gradient(
        lambda z: F.cross_entropy(z, target, weight=weight, label_smoothing=smoothing, reduction="none").sum() / BATCH
    )


def bce(target, weight, smoothing):
    smooth = target * (1 - smoothing) + smoothing / CLASSES
    per_image = None if weight is None else (target * weight).sum(1, keepdim=True).expand_as(target)
    return with_gradient(
        lambda z: F.binary_cross_entropy_with_logits(z, smooth, weight=per_image, reduction="sum") / BATCH
    )


cases = []
for mix in (False, True):
    for smoothing in (0.0, SMOOTHING):
        for weight in (None, weights):
            given = {"mixed": mix, "labelSmoothing": smoothing, "weighted": weight is not None}
            target = mixed if mix else labels
            cases.append({"kind": "ce", **given, **ce(target, weight, smoothing)})
            cases.append({"kind": "bce", **given, **bce(mixed if mix else one_hot, weight, smoothing)})

golden = {
    "madeBy": f"torch {torch.__version__}",
    "classes": CLASSES,
    "logits": rounded(logits),
    "labels": labels.tolist(),
    "mixed": rounded(mixed),
    "weights": weights.tolist(),
    "cases": cases,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
