"""Writes pillow.json: what Pillow makes of small synthetic images, for resample.spec.ts, fit.spec.ts and decode.spec.ts.

    python3 -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow==11.3.0
    /tmp/pillow/bin/python make_golden.py
"""

import base64
import io
import json
import math
import pathlib

import PIL
from PIL import Image


def pattern(width, height):
    """The same pixels that `pattern` in the spec files makes."""
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), tuple((x * 31 + y * 17 + x * y * 7 + c * 101) % 256 for c in range(3)))
    return image


def smooth(width, height):
    """A picture that JPEG keeps well."""
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            wave = lambda f, g: int(127 + 120 * math.sin(x / f + y / g))
            image.putpixel((x, y), (wave(5, 9), wave(7, -6), wave(11, 4)))
    return image


def squash(image, size):
    """torchvision.transforms.Resize((size, size)) of a PIL image."""
    return image.resize((size, size), Image.BILINEAR)


def crop(image, size):
    """torchvision.transforms.Resize(size), then CenterCrop(size), of a PIL image (torchvision 0.2x, functional.py)."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    new_short, new_long = size, int(size * long / short)
    width, height = (new_short, new_long) if width <= height else (new_long, new_short)
    image = image.resize((width, height), Image.BILINEAR)
    top, left = int(round((height - size) / 2.0)), int(round((width - size) / 2.0))
    return image.crop((left, top, left + size, top + size))


def encoded(data):
    return base64.b64encode(data).decode()


SIZES = [(5, 7, 3), (7, 5, 12), (40, 30, 8), (64, 13, 8), (13, 64, 9), (100, 37, 16), (16, 16, 16), (1, 9, 8), (16, 9, 16)]
resized = [
    {"width": w, "height": h, "size": size, "resize": name, "pixels": encoded(how(pattern(w, h), size).tobytes())}
    for w, h, size in SIZES
    for name, how in (("squash", squash), ("crop", crop))
]

decoded = []
for name, options in [
    ("JPEG 4:4:4", {"format": "JPEG", "quality": 90, "subsampling": 0}),
    ("JPEG 4:2:0", {"format": "JPEG", "quality": 75, "subsampling": 2}),
    ("progressive JPEG", {"format": "JPEG", "quality": 85, "progressive": True}),
    ("PNG", {"format": "PNG"}),
    ("lossy WebP", {"format": "WEBP", "quality": 80}),
]:
    file = io.BytesIO()
    smooth(26, 18).save(file, **options)
    pixels = Image.open(file).convert("RGB").tobytes()
    decoded.append({"name": name, "width": 26, "height": 18, "file": encoded(file.getvalue()), "pixels": encoded(pixels)})

target = pathlib.Path(__file__).with_name("pillow.json")
target.write_text(json.dumps({"pillow": PIL.__version__, "resized": resized, "decoded": decoded}, indent=2) + "\n")
