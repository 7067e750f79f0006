# SPDX-License-Identifier: MIT
"""The pictures: decode a folder once, pick and augment batches, resize exactly as Pillow does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from files import replacing

PICTURES = {".jpg", ".jpeg", ".png"}
MEAN = (0.4914, 0.4822, 0.4465)  # of CIFAR-10's training pictures
STD = (0.2470, 0.2435, 0.2616)
FIXED_POINT_BITS = 22  # of Pillow's 8-bit resize


class DataError(Exception):
    """The pictures are not what the training needs; the message says what was found."""


@dataclass(frozen=True)
class Pictures:
    images: Tensor  # uint8 [count, height, width, 3]
    targets: Tensor  # int64 [count]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.targets)

    def subset(self, count: int, seed: int) -> Pictures:
        if count > len(self):
            raise DataError(f"a subset of {count} pictures was asked for, there are {len(self)}")
        chosen = torch.randperm(len(self), generator=generator(seed, 0, 0))[:count].sort().values
        return Pictures(self.images[chosen], self.targets[chosen], self.classes)


def generator(seed: int, purpose: int, count: int) -> torch.Generator:
    """A generator that depends on these numbers alone, so that a resumed run draws what an uninterrupted one would."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{count}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def load(folder: Path, cache: Path) -> Pictures:
    """All pictures of a class-per-folder directory, decoded once into `cache` and read from there afterwards."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a directory; expected one sub-folder of pictures per class")
    paths = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in PICTURES)
    if not paths:
        raise DataError(f"no pictures in {folder}; expected one sub-folder of JPEG or PNG files per class")
    listing = "".join(f"{path.relative_to(folder)}\t{path.stat().st_size}\n" for path in paths)
    digest = hashlib.sha256(listing.encode()).hexdigest()
    classes = tuple(sorted({path.parent.name for path in paths}))
    if cache.is_file():
        with np.load(cache) as stored:
            if str(stored["digest"]) == digest:
                return Pictures(torch.from_numpy(stored["images"]), torch.from_numpy(stored["targets"]), classes)
    images = np.stack([decode(path, paths[0]) for path in paths])
    targets = np.array([classes.index(path.parent.name) for path in paths], dtype=np.int64)
    with replacing(cache) as file:
        np.savez(file, images=images, targets=targets, digest=np.array(digest))
    return Pictures(torch.from_numpy(images), torch.from_numpy(targets), classes)


@lru_cache(maxsize=1)
def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def decode(path: Path, first: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        width, height = picture.size
        if width != height or picture.size != size_of(first):
            raise DataError(f"{path} is {width}x{height}; training expects square pictures of one size, like {first}")
        return np.asarray(picture.convert("RGB"))


def augmented(pictures: Pictures, chosen: Tensor, epoch: int, seed: int, step: int, shift: int, cutout: int) -> Tensor:
    """The chosen pictures, each shifted (edges mirrored), every other epoch flipped, and with a square cut out."""
    draw = generator(seed, 1, step)
    count, side = len(chosen), pictures.images.shape[1]
    offsets = torch.randint(-shift, shift + 1, (2, count, 1), generator=draw)
    along = torch.arange(side)
    rows, columns = mirrored(along + offsets[0], side), mirrored(along + offsets[1], side)
    # Turn about, starting with a half that a hash of the index chooses: any two epochs show a picture both ways.
    flipped = ((chosen * 2654435761 >> 16) + epoch) % 2 == 1
    columns = torch.where(flipped[:, None], columns.flip(1), columns)
    batch = pictures.images[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
    if cutout > 0:
        corner = torch.randint(1 - cutout, side, (2, count, 1), generator=draw)
        inside = (along >= corner) & (along < corner + cutout)
        hole = inside[0][:, :, None] & inside[1][:, None, :]
        grey = torch.tensor([round(255 * value) for value in MEAN], dtype=torch.uint8)
        batch = torch.where(hole[..., None], grey, batch)
    return batch


def mirrored(index: Tensor, size: int) -> Tensor:
    index = index.abs()
    return torch.where(index < size, index, 2 * (size - 1) - index)


@lru_cache(maxsize=32)
def taps(source: int, target: int) -> tuple[Tensor, Tensor]:
    """Pillow's bilinear (triangle) filter: for each target pixel the source pixels and their fixed-point weights."""
    scale = source / target
    stretch = max(scale, 1.0)
    windows = []
    for position in range(target):
        centre = (position + 0.5) * scale
        first = max(int(centre - stretch + 0.5), 0)
        last = min(int(centre + stretch + 0.5), source)
        weights = [max(0.0, 1.0 - abs((pixel - centre + 0.5) / stretch)) for pixel in range(first, last)]
        total = sum(weights)
        windows.append((first, [int(0.5 + weight / total * (1 << FIXED_POINT_BITS)) for weight in weights]))
    width = max(len(weights) for _, weights in windows)
    index = torch.tensor([[min(first + tap, source - 1) for tap in range(width)] for first, _ in windows])
    padded = [weights + [0] * (width - len(weights)) for _, weights in windows]
    return index, torch.tensor(padded, dtype=torch.int32)


def resized(batch: Tensor, size: int) -> Tensor:
    """uint8 [count, height, width, 3] to size x size: Pillow's BILINEAR to the bit, its rounding too."""
    for axis in (2, 1):
        if batch.shape[axis] == size:
            continue
        index, weights = taps(batch.shape[axis], size)
        wide = batch.to(torch.int32)
        shape = [1, 1, 1, 1]
        shape[axis] = size
        total = torch.full((1,), 1 << (FIXED_POINT_BITS - 1), dtype=torch.int32)
        for tap in range(index.shape[1]):
            total = total + wide.index_select(axis, index[:, tap]) * weights[:, tap].view(shape)
        batch = (total >> FIXED_POINT_BITS).clamp_(0, 255).to(torch.uint8)
    return batch


def normalised(batch: Tensor) -> Tensor:
    """uint8 [count, height, width, 3] to the network's input [count, 3, height, width], channels last in memory."""
    scale = torch.tensor([1 / (255 * std) for std in STD])
    offset = torch.tensor([-mean / std for mean, std in zip(MEAN, STD)])
    return (batch * scale + offset).permute(0, 3, 1, 2)
