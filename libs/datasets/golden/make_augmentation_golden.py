"""Writes augmentation.json: what torchvision makes of small batches, and SciPy of Beta(a, a), for colour-jitter.spec.ts,
mixup.spec.ts, cutmix.spec.ts and symmetric-beta.spec.ts.

    python3 -m venv /tmp/torchvision && /tmp/torchvision/bin/pip install torch==2.14.1 torchvision==0.29.2 scipy==1.16.2
    /tmp/torchvision/bin/python make_augmentation_golden.py
"""

import json
import pathlib

import scipy.stats
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

HEIGHT, WIDTH = 3, 4


def numbers(tensor, digits=9):
    return [float(f"{value:.{digits}g}") for value in tensor.reshape(-1).tolist()]


def channels_last(images):
    """[batch, 3, height, width] of 0 to 1 as the numbers of [batch, height, width, 3] of 0 to 255."""
    return numbers(images.permute(0, 2, 3, 1) * 255)


# Pure colours and greys, where hue and saturation have their corners, and any others.
corners = [[0, 0, 0], [255, 255, 255], [128, 128, 128], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
corners += [[255, 255, 0], [0, 255, 255], [255, 0, 255], [200, 200, 10], [10, 200, 200], [200, 10, 200]]
random = torch.Generator().manual_seed(4)
stored = torch.cat(
    [
        torch.tensor(corners).reshape(1, HEIGHT, WIDTH, 3),
        torch.randint(0, 256, (2, HEIGHT, WIDTH, 3), generator=random),
    ]
)
images = stored.permute(0, 3, 1, 2).to(torch.float64) / 255


def each(adjust, factors, batch=images):
    return torch.stack([adjust(image, factor) for image, factor in zip(batch, factors)])


brightness, contrast, saturation, hue = [0.3, 1.0, 1.7], [0.0, 1.6, 0.5], [0.4, 2.5, 0.0], [0.5, -0.27, 0.09]
together = each(F.adjust_brightness, brightness)
together = each(F.adjust_contrast, contrast, together)
together = each(F.adjust_saturation, saturation, together)
together = each(F.adjust_hue, hue, together)


class Fixed:
    """A distribution of one number."""

    def __init__(self, value):
        self.value = value

    def sample(self, _shape):
        return self.value


labels = torch.tensor([2, 0, 1])


def mixed(transform, params):
    params = {**params, "labels": labels, "batch_size": 3}
    return {
        "images": channels_last(transform.transform(images, params)),
        "targets": numbers(transform.transform(labels, params)),
    }


def cut(lam, row, column):
    transform = v2.CutMix(num_classes=3)
    transform._dist = Fixed(lam)
    drawn = iter([column, row])
    randint, torch.randint = torch.randint, lambda *_, **__: torch.tensor([next(drawn)])
    try:
        params = transform.make_params([images])
    finally:
        torch.randint = randint
    return {"share": lam, "row": row, "column": column, **mixed(transform, params)}


probabilities = [0, 2**-10, 0.1, 0.25, 0.375, 0.5, 0.75, 0.9, 1 - 2**-10, 1]
golden = {
    "height": HEIGHT,
    "width": WIDTH,
    "stored": stored.reshape(-1).tolist(),
    "colours": {
        "brightness": {"factors": brightness, "images": channels_last(each(F.adjust_brightness, brightness))},
        "contrast": {"factors": contrast, "images": channels_last(each(F.adjust_contrast, contrast))},
        "saturation": {"factors": saturation, "images": channels_last(each(F.adjust_saturation, saturation))},
        "hue": {"factors": hue, "images": channels_last(each(F.adjust_hue, hue))},
        "together": channels_last(together),
    },
    "labels": labels.tolist(),
    "mixup": [
        {"share": lam, **mixed(v2.MixUp(num_classes=3), {"lam": lam})} for lam in (0.0, 0.3, 1.0)
    ],
    "cutmix": [cut(0.5, 1, 1), cut(0.5, 0, 3), cut(0.0, 1, 2), cut(0.99, 1, 2)],
    "beta": {
        "probabilities": probabilities,
        "quantiles": {
            str(alpha): numbers(torch.tensor(scipy.stats.beta.ppf(probabilities, alpha, alpha)), 12)
            for alpha in (0.1, 0.2, 0.4, 1, 2, 10, 100)
        },
    },
}
path = pathlib.Path(__file__).with_name("augmentation.json")
path.write_text(json.dumps(golden) + "\n")
