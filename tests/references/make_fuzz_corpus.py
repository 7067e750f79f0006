#!/usr/bin/env python3
"""Writes tests/fuzz/corpus: for each importer a few small files as Python's own libraries write them.

Needs torch, h5py, onnx. The files are committed: run this only to change them.

SPDX-License-Identifier: MIT
"""
import json, os, struct

import h5py, numpy as np, onnx, torch
from onnx import helper, numpy_helper

corpus = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fuzz/corpus")


def place(reader, name):
    os.makedirs(os.path.join(corpus, reader), exist_ok=True)
    return os.path.join(corpus, reader, name)


# One convolution of two channels, its batch-norm, and a dense layer: the names make it half a network.
state = {"layer1.0.conv1.weight": torch.arange(4.0).reshape(2, 2, 1, 1), "layer1.0.bn1.weight": torch.ones(2),
         "layer4.0.conv1.weight": torch.ones(2, 2, 1, 1).half(), "layer1.0.bn1.num_batches_tracked": torch.tensor(3),
         "fc.weight": torch.ones(3, 2).t().contiguous().t()}
for folder, new in (("pth_zip", True), ("pth_legacy", False)):
    save = lambda value, name: torch.save(value, place(folder, name), _use_new_zipfile_serialization=new)
    save(state, "state_dict.pth")
    save({"epoch": 1, "state_dict": {"module." + k: v for k, v in state.items()}, "optimizer": {"lr": 0.1}}, "checkpoint.pth")

head, offset, blobs = {"__metadata__": {"format": "pt"}}, 0, b""
for k, v in state.items():
    a = v.contiguous().numpy()
    head[k] = {"dtype": {"float32": "F32", "float16": "F16", "int64": "I64"}[a.dtype.name], "shape": list(a.shape), "data_offsets": [len(blobs), len(blobs) + a.nbytes]}
    blobs += a.tobytes()
text = json.dumps(head).encode()
open(place("safetensors", "torchvision.safetensors"), "wb").write(struct.pack("<Q", len(text)) + text + blobs)

config = {"class_name": "Functional", "config": {"layers": [
    {"class_name": "Conv2D", "config": {"kernel_size": [3, 3], "strides": [2, 2]}},
    {"class_name": "BatchNormalization", "config": {"epsilon": 1.001e-5}},
    {"class_name": "Dense", "config": {"activation": "softmax"}}]}}
with h5py.File(place("hdf5", "keras.h5"), "w", libver="latest") as f:
    f.attrs["backend"], f.attrs["model_config"] = b"tensorflow", json.dumps(config).encode()
    g = f.create_group("model_weights")
    g.create_dataset("conv2_block1_1_conv/kernel:0", data=np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2))
    g.create_dataset("dense/kernel:0", data=np.ones((2, 3), np.float32), compression="gzip", shuffle=True)
with h5py.File(place("hdf5", "old.h5"), "w") as f:  # the format of HDF5 1.6, which h5py writes by default
    f.create_dataset("res2a_branch2a/res2a_branch2a_W_1:0", data=np.ones((1, 1, 1, 1), np.float32))

nodes, constants = [], []


def constant(name, shape):
    constants.append(numpy_helper.from_array(np.full(shape, 0.5, np.float32), name))
    return name


def node(op, inputs, **attributes):
    nodes.append(helper.make_node(op, inputs, [f"{op}{len(nodes)}"], **attributes))
    return nodes[-1].output[0]


x = node("Transpose", ["input"], perm=[0, 3, 1, 2])
x = node("Conv", [x, constant("a", (2, 3, 1, 1))], strides=[1, 1])
x = node("Add", [x, constant("bias", (2, 1, 1))])
x = node("Relu", [node("BatchNormalization", [x] + [constant(n, (2,)) for n in ("gamma", "beta", "mean", "variance")], epsilon=1e-5)])
y = node("Relu", [node("Conv", [x, constant("b", (2, 2, 1, 1))])])
constants.append(numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1]), "pads"))
y = node("Conv", [node("Pad", [y, "pads"]), constant("c", (2, 2, 3, 3))])
x = node("GlobalAveragePool", [node("Relu", [node("Add", [y, x])])])
x = node("Softmax", [node("Gemm", [node("Flatten", [x]), constant("d", (3, 2))], transB=1)])
value = helper.make_tensor_value_info
graph = helper.make_graph(nodes, "g", [value("input", 1, [1, 8, 8, 3])], [value(x, 1, [1, 3])], constants)
onnx.save(helper.make_model(graph, producer_name="tf2onnx"), place("onnx", "block.onnx"))
