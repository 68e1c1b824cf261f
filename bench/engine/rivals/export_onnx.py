"""Writes a network as ONNX, with random weights, for onnxruntime. Arguments: a JSON cell, the file."""

import json
import sys
import warnings

import torch

from networks import create_network

warnings.simplefilter("ignore")
cell, file = json.loads(sys.argv[1]), sys.argv[2]
torch.manual_seed(1)
network = create_network(cell["model"], cell["classes"], cell["channels"]).eval()
images = torch.rand(cell["batch"], cell["channels"], cell["size"], cell["size"])
# The exporter of graphs traced without dynamo needs no further package than onnx.
torch.onnx.export(network, (images,), file, input_names=["images"], output_names=["logits"], dynamo=False)
