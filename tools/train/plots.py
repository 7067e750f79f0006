# SPDX-License-Identifier: MIT
"""The curves of a run as a picture: loss and accuracy by epoch, with the learning rate and the picture size."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend has to be chosen first)

from files import replacing  # noqa: E402


def column(lines: Sequence[dict[str, Any]], key: str) -> list[float]:
    return [line[key] for line in lines]


def draw_curves(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Draws the log's lines; the file's ending (.svg, .png) chooses the format."""
    tested = [line for line in history if "test_accuracy" in line]
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 4), constrained_layout=True)
    for axes, name in ((left, "loss"), (middle, "accuracy")):
        for lines, key, label in ((history, f"train_{name}", "training"), (tested, f"test_{name}", "test")):
            axes.plot(column(lines, "epochs"), column(lines, key), marker=".", label=label)
        axes.set(title=name.capitalize(), xlabel="epoch")
        axes.legend()
        axes.grid(alpha=0.3)
    right.plot(column(history, "epochs"), column(history, "learning_rate"), color="tab:green")
    right.set(title="Learning rate (line), picture size (dotted)", xlabel="epoch")
    sizes = right.twinx()
    sizes.step(column(history, "epochs"), column(history, "size"), where="pre", color="tab:gray", linestyle=":")
    sizes.set_ylim(bottom=0)
    with replacing(path) as file:
        pyplot.rcParams["svg.hashsalt"] = "resnet-wasm"  # the same numbers, the same file
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(file, format=path.suffix.lstrip("."), dpi=120, metadata=metadata)
    pyplot.close(figure)
