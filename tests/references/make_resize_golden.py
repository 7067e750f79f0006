#!/usr/bin/python3
"""Writes tests/image/resize_golden.inc: what Pillow makes of a synthetic picture, as one checksum per case.

Run by hand with Debian's python3-pil when a case is added; the picture is that of PatternImage in test_images.cc.
SPDX-License-Identifier: MIT
"""

import os
import PIL
from PIL import Image

FILTERS = {"kNearest": Image.NEAREST, "kBilinear": Image.BILINEAR, "kBicubic": Image.BICUBIC}

# source sides, result sides
SIZES = [
    ((64, 48), (64, 48)),  # nothing to do
    ((64, 48), (31, 48)),  # columns only
    ((64, 48), (64, 17)),  # rows only
    ((64, 48), (32, 24)),
    ((64, 48), (33, 25)),
    ((64, 48), (7, 5)),
    ((64, 48), (1, 1)),
    ((64, 48), (128, 96)),
    ((64, 48), (101, 77)),
    ((64, 48), (200, 10)),  # up and down at once
    ((64, 48), (10, 200)),
    ((1, 1), (32, 32)),
    ((1, 40), (50, 9)),
    ((40, 1), (9, 50)),
    ((1, 300), (224, 224)),
    ((2, 3), (224, 224)),
    ((333, 251), (224, 224)),
    ((500, 375), (341, 256)),
    ((375, 500), (232, 309)),
    ((640, 427), (383, 256)),
    ((1000, 31), (224, 224)),
    ((31, 1000), (224, 224)),
]

# windows cut out of a larger result: source, result, left, top, width, height
WINDOWS = [
    ((500, 375), (341, 256), (58, 16, 224, 224)),
    ((500, 375), (341, 256), (340, 0, 1, 256)),
    ((120, 7), (3840, 224), (1808, 0, 224, 224)),
    ((7, 120), (224, 3840), (0, 1808, 224, 224)),
    ((2000, 1), (8000, 4), (7990, 1, 10, 3)),
]


def pattern(width, height):
    data = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(3):
                data.append((x * 7 + y * 13 + c * 50 + ((x * x * 31 + y * y * 17 + x * y * 3 + c * 101) >> 3)) & 255)
    return Image.frombytes("RGB", (width, height), bytes(data))


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def main():
    cases = [(source, result, (0, 0) + result) for source, result in SIZES] + WINDOWS
    lines = [
        f"// Made by tests/references/make_resize_golden.py with Pillow {PIL.__version__}; do not edit.",
        "// source, result, filter, window in the result, FNV-1a of its RGB bytes",
    ]
    for source, result, (left, top, width, height) in cases:
        picture = pattern(*source)
        for name, pillow_filter in FILTERS.items():
            window = picture.resize(result, pillow_filter).crop((left, top, left + width, top + height))
            numbers = ", ".join(str(n) for n in source + result)
            lines.append(f"{{{numbers}, Filter::{name}, {{{left}, {top}, {width}, {height}}}, 0x{fnv1a(window.tobytes()):016x}}},")
    path = os.path.join(os.path.dirname(__file__), "..", "image", "resize_golden.inc")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
