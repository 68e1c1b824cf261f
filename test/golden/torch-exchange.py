"""Loads what was exported here into PyTorch, and says what PyTorch computes with it.

    python test/golden/torch-exchange.py FOLDER HEIGHT WIDTH
loads each FOLDER/NAME.safetensors into PyTorch's network of that name with strict=True, writes FOLDER/logits.json (name →
logits of the images of torch-models.py, in float64) and saves the network's own state dict as FOLDER/NAME.pth.
"""

import importlib.util
import json
import pathlib
import struct
import sys

import numpy
import torch

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("torch_models", here / "torch-models.py")
models = importlib.util.module_from_spec(spec)
spec.loader.exec_module(models)

DTYPES = {"F32": numpy.float32, "I64": numpy.int64}


def read_safetensors(path: pathlib.Path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[begin:end], DTYPES[entry["dtype"]]).copy()
        state[name] = torch.from_numpy(values).reshape(entry["shape"])
    return state


def main(folder: pathlib.Path, height: int, width: int) -> None:
    logits = {}
    for path in sorted(folder.glob("*.safetensors")):
        name = path.stem
        model = models.MODELS[name]()
        model.load_state_dict(read_safetensors(path), strict=True)
        torch.save(model.state_dict(), folder / f"{name}.pth")
        larger = models.LARGER.get(name, 0)
        with torch.no_grad():
            images = models.images(height + larger, width + larger)
            logits[name] = model.double().eval()(images).flatten().tolist()
    (folder / "logits.json").write_text(json.dumps(logits))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
