# SPDX-License-Identifier: MIT
"""Reads a model file of the product, of floats or of 8 bits, back into a network that can be trained further."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data import DataError
from resnet import BasicBlock, Bottleneck, Convolution, ResNet

# Of a layer's weights: behind a batch-norm it says nothing but how fast they are trained. The gradient lengthens weights,
# decay shortens them; at usual rates the two balance at 5 to 10 (ResNet-18, learning rate 0.05, decay 5e-4: measured).
LENGTH = 8.0
DTYPES = {"F32": "<f4", "F16": "<f2", "I32": "<i4", "I8": "i1", "U8": "u1"}
Array = NDArray[np.float64]


class ModelFile:
    """A file that `resnet convert` wrote: batch-norm folded, convolutions [output, height, width, input]."""

    def __init__(self, path: Path) -> None:
        self.path = path
        whole = path.read_bytes()
        try:
            end = 8 + int.from_bytes(whole[:8], "little")
            header = json.loads(whole[8:end])
            self.metadata: dict[str, str] = header.pop("__metadata__")
            numbers = memoryview(whole)[end:]
            self.tensors = {name: np.frombuffer(
                numbers[slice(*tensor["data_offsets"])], DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
                for name, tensor in header.items()}
            self.recipe = json.loads(self.metadata["recipe"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path} is not a model file of `resnet convert` ({error!r})") from error

    def tensor(self, name: str) -> NDArray[np.generic]:
        if name not in self.tensors:
            raise DataError(f"{self.path} has no tensor {name}")
        return self.tensors[name]

    def layer(self, name: str, source: str | None) -> tuple[Array, Array]:
        """Weight and bias as floats; `source` made the layer's input, None: the pixels."""
        weight = self.tensor(name + ".weight").astype(np.float64)
        bias = self.tensor(name + ".bias").astype(np.float64)
        if self.tensor(name + ".weight").dtype != np.int8:
            return weight, bias
        scale = self.tensor(name + ".weight_scale").astype(np.float64)
        weight *= scale.reshape(-1, *[1] * (weight.ndim - 1))
        if self.tensor(name + ".bias").dtype == np.int32:
            bias *= scale * (1.0 if source is None else float(self.tensor(source + ".output_scale")[0]))
        if source is None:  # (pixel * scale - mean) / std was made part of it
            mean, std = np.array(self.recipe["mean"]), np.array(self.recipe["std"])
            bias += (weight * mean).sum((1, 2, 3)) / self.recipe["scale"]
            weight *= std / self.recipe["scale"]
        return weight, bias


def convolutions(network: ResNet) -> list[tuple[str, str | None, Convolution, nn.BatchNorm2d]]:
    """Each with its name, what made its input, and its batch-norm."""
    found: list[tuple[str, str | None, Convolution, nn.BatchNorm2d]] = [("conv1", None, network.conv1, network.bn1)]
    source = "conv1"
    for block_name, block in network.named_modules():
        if not isinstance(block, (BasicBlock, Bottleneck)):
            continue
        if block.downsample is not None:
            found.append((block_name + ".downsample.0", source, block.downsample[0], block.downsample[1]))
        for index in range(1, 4 if isinstance(block, Bottleneck) else 3):
            name = f"{block_name}.conv{index}"
            found.append((name, source, getattr(block, f"conv{index}"), getattr(block, f"bn{index}")))
            source = name
        source = block_name + ".add"
    return found


@torch.no_grad()
def load(network: ResNet, path: Path, inputs: Tensor) -> None:
    """Gives the network the file's weights: the same logits, with batch-norms again, measured on `inputs`."""
    file = ModelFile(path)
    biases: dict[nn.Module, tuple[Tensor, Tensor]] = {}
    for name, source, convolution, norm in convolutions(network):
        weight, bias = file.layer(name, source)
        weight = weight.transpose(0, 3, 1, 2)
        if weight.shape != tuple(convolution.weight.shape):
            raise DataError(f"{path}: {name} is {weight.shape}, this network's is {tuple(convolution.weight.shape)}")
        factor = np.maximum(np.sqrt((weight ** 2).sum((1, 2, 3)) * len(weight)) / LENGTH, 1e-12)
        convolution.weight.copy_(torch.from_numpy(weight / factor[:, None, None, None]))
        biases[norm] = torch.from_numpy(factor).float(), torch.from_numpy(bias).float()
    weight, bias = file.layer("fc", "avgpool")
    if weight.shape != tuple(network.fc.weight.shape):
        raise DataError(f"{path}: fc is {weight.shape}, this network's is {tuple(network.fc.weight.shape)}")
    network.fc.weight.copy_(torch.from_numpy(weight))
    network.fc.bias.copy_(torch.from_numpy(bias))

    def measure(norm: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        factor, bias = biases[norm]
        variance, mean = torch.var_mean(arguments[0], (0, 2, 3), unbiased=False)
        norm.running_mean, norm.running_var = mean, variance
        norm.weight.copy_(factor * torch.sqrt(variance + norm.eps))
        norm.bias.copy_(bias + factor * mean)

    hooks = [norm.register_forward_pre_hook(measure) for norm in biases]
    training = network.training
    network.eval()(inputs)
    network.train(training)
    for hook in hooks:
        hook.remove()
