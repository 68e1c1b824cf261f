"""Writes torchvision-weights.ts and imagenet-classes.ts of libs/models/src/pretrained: where torchvision publishes weights,
how their images are prepared, and what their 1,000 outputs mean.

    pip install torch==2.14.1 torchvision==0.29.2 && python test/golden/torchvision-sources.py
"""

import json
import pathlib
import re
import textwrap

import torchvision
from torchvision import models

NETWORKS = {
    "resnet18": models.ResNet18_Weights,
    "resnet34": models.ResNet34_Weights,
    "resnet50": models.ResNet50_Weights,
    "mobilenet_v2": models.MobileNet_V2_Weights,
    "mobilenet_v3_small": models.MobileNet_V3_Small_Weights,
    "shufflenet_v2": models.ShuffleNet_V2_X1_0_Weights,
    "shufflenet_v2_x0_5": models.ShuffleNet_V2_X0_5_Weights,
    "inception_v3": models.Inception_V3_Weights,
}


def entry(network: str, weights):
    transforms = weights.transforms()
    # With transform_input, as its weights come, the network brings ImageNet's normalisation to [-1, 1] first.
    brings = network == "inception_v3"
    return {
        "model": network,
        "name": weights.name,
        "url": weights.url,
        # torchvision's file names end in the first digits of the file's SHA-256.
        "sha256": re.search(r"-([0-9a-f]{8,})\.pth$", weights.url)[1],
        "imageSize": transforms.crop_size[0],
        "mean": [0.5] * 3 if brings else transforms.mean,
        "std": [0.5] * 3 if brings else transforms.std,
        "top1": weights.meta["_metrics"]["ImageNet-1K"]["acc@1"],
    }


MADE_BY = f"// Written by test/golden/torchvision-sources.py, from torchvision {torchvision.__version__.split('+')[0]}.\n"
folder = pathlib.Path(__file__).parents[2] / "libs/models/src/pretrained"
entries = [entry(network, weights) for network, kinds in NETWORKS.items() for weights in kinds]
(folder / "torchvision-weights.ts").write_text(
    MADE_BY + f"export const TORCHVISION_WEIGHTS = {json.dumps(entries, indent=2)} as const;\n"
)
classes = models.ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
assert len(classes) == 1000 and not any(";" in name or "`" in name for name in classes)
text = "\n".join(textwrap.wrap("; ".join(classes), 110, break_long_words=False, break_on_hyphens=False))
(folder / "imagenet-classes.ts").write_text(
    MADE_BY
    + "/** What the 1,000 outputs of a network for ImageNet mean, in torchvision's order and words. */\n"
    + "export const IMAGENET_CLASSES: readonly string[] = `\n"
    + text
    + "\n`\n  .trim()\n  .replace(/\\s+/g, ' ')\n  .split('; ');\n"
)
