# SPDX-License-Identifier: MIT
"""3x3 convolutions by Winograd's algorithm: compiles winograd.cc once, and calls it where it suits, torch where not."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

SOURCE = Path(__file__).with_name("winograd.cc")
BUILD = SOURCE.parents[2] / "build" / "train"
# As fast as with -ffast-math, but sums keep their order and the process its way with denormals.
FLAGS = ("-std=c++20", "-O3", "-mavx2", "-mfma", "-mtune=native", "-fno-signed-zeros", "-fno-trapping-math", "-fopenmp",
         "-shared", "-fPIC")
CHANNELS = 8  # a vector


class Unavailable(Exception):
    """There is no library; the message says why."""


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("batch", "height", "width", "inputs", "outputs", "stride")]


@lru_cache(maxsize=None)
def library() -> ctypes.CDLL:
    """The compiled source, from the build folder where it is there already."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        raise Unavailable("no C++ compiler found; install g++, or name one in CXX")
    command = [compiler, *FLAGS, str(SOURCE)]
    digest = hashlib.sha256(" ".join(command).encode() + SOURCE.read_bytes()).hexdigest()[:16]
    path = BUILD / f"winograd-{digest}.so"
    try:
        if not path.is_file():
            BUILD.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=BUILD) as folder:
                beside = Path(folder) / path.name
                subprocess.run([*command, "-o", str(beside)], check=True, capture_output=True, text=True)
                os.replace(beside, path)
        loaded = ctypes.CDLL(str(path))
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{compiler} could not compile {SOURCE}: {error.stderr.strip()[:500]}")
    except OSError as error:
        raise Unavailable(str(error))
    if not loaded.winograd_supported():
        raise Unavailable("this processor has no AVX2 and FMA")
    return loaded


def channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)


def call(function: Any, x: Tensor, weight: Tensor, stride: int, *others: Tensor) -> None:
    batch, inputs, height, width = x.shape
    shape = Shape(batch, height, width, inputs, len(weight), stride)
    pointers = (ctypes.c_void_p(tensor.data_ptr()) for tensor in (x, weight, *others))
    function(ctypes.byref(shape), torch.get_num_threads(), *pointers)


class Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:  # type: ignore[override]
        x, weight = channels_last(x), channels_last(weight)
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        sides = [(side + stride - 1) // stride for side in x.shape[2:]]
        y = torch.empty((len(x), len(weight), *sides), memory_format=torch.channels_last)
        call(library().winograd_forward, x, weight, stride, y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor, None]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        dx, dw = torch.empty_like(x), torch.empty_like(weight)
        call(library().winograd_backward, x, weight, ctx.stride, channels_last(dy), dx, dw)
        return dx, dw, None


def conv3x3(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """F.conv2d(x, weight, padding=1, stride=stride) with a 3x3 weight, on a CPU."""
    outputs, inputs = weight.shape[:2]
    whole = inputs % CHANNELS == 0 and outputs % CHANNELS == 0 and x.numel() > 0
    if whole and stride in (1, 2) and x.dtype == weight.dtype == torch.float32:
        return Convolution.apply(x, weight, stride)
    return F.conv2d(x, weight, padding=1, stride=stride)
