"""Loads what was exported here into PyTorch, and says what PyTorch computes with it.

    python test/golden/torch-exchange.py FOLDER
loads each FOLDER/NAME.safetensors into PyTorch's network of that architecture (the metadata's, else NAME) with strict=True,
and writes FOLDER/logits.json: name → logits of the images of FOLDER/NAME.images, a safetensors file with
`images` [batch, height, width, 3], in float64. Where the metadata describes how images are prepared they are pixels of 0 to
255, and prepared so. The network's own state dict is saved as FOLDER/NAME.pth.
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
    metadata = header.pop("__metadata__", {})
    state = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[begin:end], DTYPES[entry["dtype"]]).copy()
        state[name] = torch.from_numpy(values).reshape(entry["shape"])
    return state, metadata


def prepared(images: torch.Tensor, metadata) -> torch.Tensor:
    images = images.double()
    if "description" in metadata:
        preprocessing = json.loads(metadata["description"])["preprocessing"]
        mean, std = (torch.tensor(preprocessing[part], dtype=torch.float64) for part in ("mean", "std"))
        images = (images / 255 - mean) / std
    return images.permute(0, 3, 1, 2)


def main(folder: pathlib.Path) -> None:
    logits = {}
    for path in sorted(folder.glob("*.safetensors")):
        state, metadata = read_safetensors(path)
        model = models.MODELS[metadata.get("architecture", path.stem)]()
        model.load_state_dict(state, strict=True)
        torch.save(model.state_dict(), path.with_suffix(".pth"))
        images, _ = read_safetensors(path.with_suffix(".images"))
        with torch.no_grad():
            logits[path.stem] = model.double().eval()(prepared(images["images"], metadata)).flatten().tolist()
    (folder / "logits.json").write_text(json.dumps(logits))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
