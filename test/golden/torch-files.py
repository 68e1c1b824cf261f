"""Writes torch-files/: small files that torch.save made, and torch-files.json: what is in them.

    pip install torch==2.14.1 && python test/golden/torch-files.py
"""

import collections
import json
import pathlib

import torch
from torch import nn

folder = pathlib.Path(__file__).with_suffix("")
folder.mkdir(exist_ok=True)
torch.manual_seed(0)

base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 7 - 1
types = collections.OrderedDict(
    float32=base.clone(),
    float16=torch.tensor([1.0, -2.0, 65504.0, 2**-24], dtype=torch.float16),
    bfloat16=torch.tensor([1.0, -3.0, 1e30], dtype=torch.bfloat16),
    float64=torch.tensor([[1 / 3, -1e300 ** 0.1]], dtype=torch.float64),
    int64=torch.tensor(12345),
    transposed=base.t(),
    sliced=base[1:3, 2:5],
    channels_last=torch.arange(2 * 3 * 2 * 2, dtype=torch.float32)
    .reshape(2, 3, 2, 2)
    .contiguous(memory_format=torch.channels_last),
    expanded=torch.ones(1).expand(3),
    scalar=torch.tensor(7.0),
    empty=torch.zeros(0, 4),
    parameter=nn.Parameter(torch.tensor([0.5, -0.25])),
)
layer = nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
layer(torch.randn(2, 2, 4, 4)).square().mean().backward()
optimizer.step()
checkpoint = {
    "epoch": 3,
    "model": {f"module.{name}": value for name, value in layer.state_dict().items()},
    "optimizer": optimizer.state_dict(),
    "best_acc": torch.tensor(71.5),
    "lr": 0.1,
    "steps": 2**40,
    "note": "ünïcode",
    "done": True,
    "nothing": None,
    "milestones": [150, 180, 210],
    "shape": (1, 2, 3, 4),
}

torch.save(types, folder / "types.pth")
torch.save(types, folder / "types.legacy.pth", _use_new_zipfile_serialization=False)
torch.save(types, folder / "types.protocol4.pth", pickle_protocol=4)
torch.save(checkpoint, folder / "checkpoint.pth")
torch.save({"weight": torch.tensor([1, 2], dtype=torch.int32)}, folder / "int32.pth")
torch.save(nn.Linear(2, 2), folder / "module.pth")
torch.jit.save(torch.jit.script(nn.Linear(2, 2)), str(folder / "script.pth"))


def expected(state):
    return {k: {"shape": list(v.shape), "values": v.detach().float().flatten().tolist()} for k, v in state.items()}


content = {"types": expected(types), "checkpoint": expected(checkpoint["model"])}
folder.with_suffix(".json").write_text(json.dumps(content) + "\n")
