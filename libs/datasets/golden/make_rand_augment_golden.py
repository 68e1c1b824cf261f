"""Writes rand-augment.json: what each operation of torchvision's RandAugment makes of one small image of bytes, for
rand-augment.contract.ts.

    python3 -m venv /tmp/torchvision && /tmp/torchvision/bin/pip install torch==2.14.1 torchvision==0.29.2
    /tmp/torchvision/bin/python make_rand_augment_golden.py
"""

import base64
import json
import pathlib

import torch
from torchvision.transforms import v2

# More than 255 pixels, or there is nothing to equalise; not square, or rows and columns could change places.
HEIGHT, WIDTH = 20, 18

random = torch.Generator().manual_seed(11)
rows = torch.arange(HEIGHT).reshape(-1, 1, 1)
columns = torch.arange(WIDTH).reshape(1, -1, 1)
smooth = 60 + 4 * rows + torch.tensor([5, 1, -2]) * columns
image = (smooth + torch.randint(-25, 26, (HEIGHT, WIDTH, 3), generator=random)).clamp(20, 230).to(torch.uint8)


def encoded(channels_first):
    return base64.b64encode(channels_first.permute(1, 2, 0).contiguous().numpy().tobytes()).decode()


cases = []
# Shears by which no pixel comes to lie in the middle of two.
for magnitude in (9, 23):
    transform = v2.RandAugment(magnitude=magnitude)
    for name, (magnitudes, signed) in transform._AUGMENTATION_SPACE.items():
        found = magnitudes(transform.num_magnitude_bins, HEIGHT, WIDTH)
        # What does not depend on the magnitude is there once.
        if found is None and magnitude != 9:
            continue
        value = 0.0 if found is None else float(found[magnitude])
        for sign in (1, -1) if signed else (1,):
            made = transform._apply_image_or_video_transform(
                image.permute(2, 0, 1), name, sign * value, interpolation=transform.interpolation, fill=transform._fill
            )
            cases.append(
                {
                    "operation": name[0].lower() + name[1:],
                    "magnitude": magnitude,
                    "sign": sign,
                    "pixels": encoded(made),
                }
            )

golden = {"height": HEIGHT, "width": WIDTH, "image": encoded(image.permute(2, 0, 1)), "cases": cases}
pathlib.Path(__file__).with_name("rand-augment.json").write_text(json.dumps(golden, indent=2) + "\n")
