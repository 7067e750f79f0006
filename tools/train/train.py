#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains the built-in model: a ResNet on folders of small pictures, from random weights (how: README.md)."""

from __future__ import annotations

import argparse
import copy
import ctypes
import io
import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import FrameType
from typing import Any

# Read when torch loads: waiting threads sleep. Spinning ones cost two thirds of the speed where others compile besides.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import Tensor  # noqa: E402

import data  # noqa: E402
import model_file  # noqa: E402
import plots  # noqa: E402
import winograd  # noqa: E402
from data import DataError, Pictures  # noqa: E402
from files import replacing, write_safetensors, write_text  # noqa: E402
from resnet import BLOCK_COUNTS, STEMS, ResNet  # noqa: E402

TEST_BATCH = 250
START_PICTURES = 1000  # that a model file's batch-norms are measured on
PROGRESS_SECONDS = 30.0  # between progress lines where standard error is not a terminal


@dataclass(frozen=True)
class Settings:
    """All that decides the numbers; a run is resumed with the same settings or not at all."""

    architecture: str
    stem: str
    size: int
    sizes: tuple[tuple[float, int], ...]
    epochs: int | None  # None: trained by the clock
    batch: int
    learning_rate: float
    warm_up: float
    momentum: float
    weight_decay: float
    label_smoothing: float
    average: float
    shift: int
    cutout: int
    subset: int | None
    seed: int
    threads: int
    start: str | None = None  # folder of an earlier run or model file, whose network is trained further
    winograd: bool = False  # rounds differently

    def size_at(self, progress: float) -> int:
        return [size for start, size in self.sizes if start <= progress][-1]

    def learning_rate_at(self, progress: float) -> float:
        """One cycle: up from a tenth in a straight line, then down to nothing."""
        if progress < self.warm_up:
            return self.learning_rate * (0.1 + 0.9 * progress / self.warm_up)
        return self.learning_rate * (1 - progress) / (1 - self.warm_up)


@dataclass
class Tally:
    """Sums over the pictures seen since an epoch began."""

    loss: float = 0.0
    correct: int = 0
    seen: int = 0

    def add(self, loss: float, correct: int, seen: int) -> None:
        self.loss += loss * seen
        self.correct += correct
        self.seen += seen

    @property
    def mean_loss(self) -> float:
        return self.loss / max(self.seen, 1)

    @property
    def accuracy(self) -> float:
        return self.correct / max(self.seen, 1)


class Stop:
    """Notes the first SIGINT or SIGTERM, for the training loop to see between two steps; a second one ends at once."""

    signal: int | None = None

    def __init__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.note)

    def note(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        print("\nstopping after this step; the state is being saved", file=sys.stderr, flush=True)


class Run:
    """A training run: its network, where it stands, and its files in the output folder."""

    def __init__(self, settings: Settings, train: Pictures, test: Pictures, output: Path) -> None:
        self.settings, self.train, self.test, self.output = settings, train, test, output
        torch.manual_seed(settings.seed)
        self.network = ResNet(settings.architecture, settings.stem, len(train.classes), settings.winograd)
        for parameter in self.network.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self.network).eval()
        # Decay holds weights down; scales, shifts and biases need none.
        weights = [parameter for parameter in self.network.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in self.network.parameters() if parameter.ndim <= 1]
        groups = [{"params": weights, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.SGD(
            groups, lr=settings.learning_rate, momentum=settings.momentum, nesterov=True, foreach=True)  # type: ignore
        self.steps_per_epoch = len(train) // settings.batch
        if self.steps_per_epoch == 0:
            raise DataError(f"{len(train)} training pictures are fewer than one batch of {settings.batch}")
        if settings.shift >= train.images.shape[1]:
            raise DataError(f"a shift of {settings.shift} pixels is too much for pictures of {train.images.shape[1]}")
        self.step = 0
        self.elapsed = 0.0  # seconds of training, all sessions together
        self.tally = Tally()
        self.history: list[dict[str, Any]] = []

    # Where the run stands

    @property
    def epoch(self) -> int:
        return self.step // self.steps_per_epoch

    def progress(self, elapsed: float, budget: float | None) -> float:
        """From 0 to 1: by steps, or by the clock where there is a budget of seconds."""
        if budget is not None:
            return min(elapsed / budget, 1.0)
        assert self.settings.epochs is not None
        return self.step / (self.settings.epochs * self.steps_per_epoch)

    # One step, one test

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        settings, place = self.settings, self.step % self.steps_per_epoch
        order = torch.randperm(len(self.train), generator=data.generator(settings.seed, 2, self.epoch))
        chosen = order[place * settings.batch:(place + 1) * settings.batch]
        pictures = data.augmented(
            self.train, chosen, self.epoch, settings.seed, self.step, settings.shift, settings.cutout)
        return data.normalised(data.resized(pictures, size)), self.train.targets[chosen]

    def train_step(self, progress: float) -> None:
        settings = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate_at(progress)
        inputs, targets = self.batch(settings.size_at(progress))
        logits = self.network(inputs)
        loss = F.cross_entropy(logits, targets, label_smoothing=settings.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss.item()} at step {self.step}; try a lower --learning-rate")
        self.tally.add(loss.item(), int((logits.argmax(1) == targets).sum()), len(targets))
        self.step += 1
        self.follow()

    @torch.no_grad()
    def follow(self) -> None:
        """Moves the averaged network towards the trained one; at first quickly, as the start is soon forgotten."""
        keep = min(self.settings.average, (1 + self.step) / (10 + self.step))
        pairs = [(mean, value) for mean, value in zip(
            self.averaged.state_dict().values(), self.network.state_dict().values()) if value.is_floating_point()]
        means, values = [mean for mean, _ in pairs], [value for _, value in pairs]
        torch._foreach_mul_(means, keep)
        torch._foreach_add_(means, values, alpha=1 - keep)

    @torch.inference_mode()
    def evaluate(self, size: int) -> tuple[Tally, Tensor]:
        """The averaged network on all test pictures; the second result counts [true class, answered class]."""
        tally, classes = Tally(), len(self.test.classes)
        confusion = torch.zeros(classes * classes, dtype=torch.int64)
        for first in range(0, len(self.test), TEST_BATCH):
            targets = self.test.targets[first:first + TEST_BATCH]
            logits = self.averaged(data.normalised(data.resized(self.test.images[first:first + TEST_BATCH], size)))
            answers = logits.argmax(1)
            tally.add(F.cross_entropy(logits, targets).item(), int((answers == targets).sum()), len(targets))
            confusion += torch.bincount(targets * classes + answers, minlength=classes * classes)
        return tally, confusion.view(classes, classes)

    # Files

    @property
    def checkpoint(self) -> Path:
        return self.output / "checkpoint.pt"

    def save(self) -> None:
        state = {
            "settings": asdict(self.settings), "step": self.step, "elapsed": self.elapsed, "tally": asdict(self.tally),
            "history": self.history, "network": self.network.state_dict(), "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        whole = io.BytesIO()
        torch.save(state, whole)
        with replacing(self.checkpoint) as file:
            file.write(whole.getbuffer())

    def restore(self) -> None:
        state = torch.load(self.checkpoint, map_location="cpu")
        was, now = asdict(Settings(**state["settings"])), asdict(self.settings)
        changed = [name for name in now if now[name] != was[name]]
        if changed:
            told = ", ".join(f"{name} was {was[name]}, is {now[name]}" for name in changed)
            raise DataError(f"{self.checkpoint} belongs to a run with other settings: {told}")
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed, self.history = state["step"], state["elapsed"], state["history"]
        self.tally = Tally(**state["tally"])

    def begin_with(self, earlier: Path) -> None:
        """Another cycle for the network of an earlier run's folder, or of a model file."""
        if earlier.is_file():
            chosen = self.train.subset(min(len(self.train), START_PICTURES), self.settings.seed).images
            model_file.load(self.network, earlier, data.normalised(data.resized(chosen, self.settings.size)))
            self.averaged.load_state_dict(self.network.state_dict())
            return
        state = torch.load(earlier / "checkpoint.pt", map_location="cpu")
        for name in ("architecture", "stem"):
            if state["settings"][name] != getattr(self.settings, name):
                raise DataError(f"{earlier} trained a network with {name} {state['settings'][name]}")
        for network in (self.network, self.averaged):
            network.load_state_dict(state["network"])

    def close_epoch(self, progress: float, tested: Tally | None) -> None:
        """Adds a line to the log and draws the curves; `tested`, where given, is for the same picture size."""
        settings = self.settings
        line: dict[str, Any] = {
            "epochs": round(self.step / self.steps_per_epoch, 4), "step": self.step,
            "train_loss": self.tally.mean_loss, "train_accuracy": self.tally.accuracy,
            "learning_rate": settings.learning_rate_at(progress), "size": settings.size_at(progress),
        }
        if tested is not None:
            line |= {"test_loss": tested.mean_loss, "test_accuracy": tested.accuracy}
        self.history.append(line)
        self.tally = Tally()
        write_text(self.output / "log.jsonl", "".join(json.dumps(each) + "\n" for each in self.history))
        plots.draw_curves(self.history, self.output / "curves.svg")
        told = f"; test loss {tested.mean_loss:.4f}, accuracy {tested.accuracy:.4f}" if tested else ""
        print(f"epoch {line['epochs']:g}: size {line['size']}, loss {line['train_loss']:.4f}, "
              f"accuracy {line['train_accuracy']:.4f}{told}", flush=True)

    def finish(self, tested: Tally, confusion: Tensor) -> None:
        """Writes the model and its numbers."""
        settings, classes = self.settings, self.train.classes
        recipe = {
            "resize": {"mode": "short-side", "size": settings.size, "filter": "bilinear"}, "crop": settings.size,
            "order": "RGB", "scale": 1 / 255, "mean": list(data.MEAN), "std": list(data.STD),
        }
        metadata = {
            "format": "pt", "architecture": settings.architecture, "variant": "torchvision", "stem": settings.stem,
            "classes": str(len(classes)), "head": str(len(classes)), "labels": json.dumps(classes),
            "recipe": json.dumps(recipe), "accuracy": f"top-1 {tested.accuracy:.4f} on {len(self.test)} test pictures",
        }
        tensors = {name: value.contiguous() for name, value in self.averaged.state_dict().items()
                   if not name.endswith("num_batches_tracked")}
        write_safetensors(self.output / "model.safetensors", tensors, metadata)
        metrics = {
            "test_images": len(self.test), "test_accuracy": tested.accuracy, "test_loss": tested.mean_loss,
            "classes": list(classes), "confusion": confusion.tolist(), "epochs": self.step / self.steps_per_epoch,
            "steps": self.step, "seconds": round(self.elapsed), "settings": asdict(settings),
            "torch": torch.__version__,
        }
        write_text(self.output / "metrics.json", json.dumps(metrics, indent=1) + "\n")
        print(f"test accuracy {tested.accuracy:.4f}, loss {tested.mean_loss:.4f}: {self.output / 'model.safetensors'}")


def train(run: Run, seconds: float | None, evaluate_every: int, save_seconds: float, stop: Stop) -> bool:
    """Trains to the end and writes the model; False where a signal ended it early, with the state saved."""
    budget = None if seconds is None else run.elapsed + seconds
    begin = time.monotonic() - run.elapsed
    saved = shown = time.monotonic()
    since, seen = saved, 0  # for the rate
    while True:
        run.elapsed = time.monotonic() - begin
        progress = run.progress(run.elapsed, budget)
        if progress >= 1:
            break
        if stop.signal is not None:
            run.save()
            return False
        run.train_step(progress)
        seen += run.settings.batch
        now = time.monotonic()
        if now - shown >= (1 if sys.stderr.isatty() else PROGRESS_SECONDS):
            done = run.progress(now - begin, budget)
            left = (now - begin) * (1 - done) / done if budget is None else budget - (now - begin)
            show(run, progress, seen / (now - since), left)
            shown, since, seen = now, now, 0
        if run.step % run.steps_per_epoch == 0:
            after = run.progress(time.monotonic() - begin, budget)
            if after < 1:
                due = run.epoch % evaluate_every == 0
                run.close_epoch(progress, run.evaluate(run.settings.size_at(progress))[0] if due else None)
                run.elapsed = time.monotonic() - begin
                run.save()
                saved = since = time.monotonic()
                seen = 0
        elif now - saved >= save_seconds:
            run.elapsed = now - begin
            run.save()
            saved = time.monotonic()
    tested, confusion = run.evaluate(run.settings.size)
    if run.tally.seen > 0:  # not so where a finished run is resumed
        run.close_epoch(progress, tested)
        run.save()
    run.finish(tested, confusion)
    return True


def show(run: Run, progress: float, rate: float, left: float) -> None:
    line = (f"{100 * progress:5.1f} %  epoch {run.step / run.steps_per_epoch:6.2f}  "
            f"size {run.settings.size_at(progress)}  loss {run.tally.mean_loss:.4f}  "
            f"accuracy {run.tally.accuracy:.4f}  {rate:6.1f} images/s  {timedelta(seconds=round(left))} left")
    print(f"\r{line}\x1b[K" if sys.stderr.isatty() else line, end="" if sys.stderr.isatty() else "\n",
          file=sys.stderr, flush=True)


def keep_freed_memory() -> None:
    """Tells glibc not to hand freed memory back to the kernel at every step: half as fast again, measured."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return  # another C library: it works, more slowly
    trim_threshold, mmap_threshold, arena_max = -1, -3, -8
    for parameter, value in ((mmap_threshold, 1 << 30), (trim_threshold, (1 << 31) - 1), (arena_max, 1)):
        mallopt(parameter, value)


def winograd_usable() -> bool:
    """Compiles it if need be, and says which convolutions are used."""
    try:
        winograd.library()
    except winograd.Unavailable as reason:
        print(f"convolutions: torch's own, as {reason}", file=sys.stderr)
        return False
    print("convolutions: Winograd's, 3x3", file=sys.stderr)
    return True


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text}")
    return int(text)


def seconds_until(clock: str) -> float:
    """Seconds from now to the next HH:MM in UTC."""
    now = datetime.now(timezone.utc)
    hours, minutes = (int(part) for part in clock.split(":"))
    end = now.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    return ((end if end > now else end + timedelta(days=1)) - now).total_seconds()


def parse_sizes(text: str) -> tuple[tuple[float, int], ...]:
    """`0:32,0.4:64`: 32 pixels from the start, 64 after four tenths."""
    try:
        sizes = tuple((float(start), int(size)) for start, size in (part.split(":") for part in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected START:SIZE,START:SIZE.. such as 0:32,0.4:64, got {text}")
    starts = [start for start, _ in sizes]
    if starts[0] != 0 or starts != sorted(set(starts)) or min(size for _, size in sizes) < 1:
        raise argparse.ArgumentTypeError(f"expected starts that rise from 0, and sizes above 0; got {text}")
    return sizes


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--train", type=Path, required=True, metavar="DIR", help="training pictures, one sub-folder per class")
    add("--test", type=Path, required=True, metavar="DIR", help="test pictures, the same classes")
    add("--output", type=Path, required=True, metavar="DIR", help="folder for the model, log, curves, checkpoint")
    add("--resume", action="store_true", help="continue from the output folder's checkpoint")
    add("--architecture", choices=BLOCK_COUNTS, default="resnet18", help="the network")
    add("--stem", choices=STEMS, default="imagenet", help="small: 3x3 convolution, stride 1, no pooling")
    add("--size", type=positive, default=64, help="the network's input, in pixels")
    add("--sizes", type=parse_sizes, metavar="START:SIZE,..",
        help="picture size from each fraction of the run on, the last one --size; smaller ones at first save time")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=positive, default=20, help="length; the same seed gives the same numbers")
    length.add_argument("--minutes", type=float, help="train by the clock instead, for so long from now")
    length.add_argument("--until", metavar="HH:MM", help="train by the clock instead, until this time (UTC)")
    add("--batch", type=positive, default=128, help="pictures per step")
    add("--learning-rate", type=float, default=0.12, help="the highest of the cycle")
    add("--warm-up", type=float, default=0.15, help="fraction of the run in which the learning rate rises")
    add("--momentum", type=float, default=0.9, help="Nesterov's")
    add("--weight-decay", type=float, default=5e-4, help="of convolutions and the dense layer")
    add("--label-smoothing", type=float, default=0.1, help="probability spread over all classes")
    add("--average", type=float, default=0.998, help="decay of the weights' moving average, which is kept")
    add("--shift", type=int, default=4, help="pictures are shifted by up to so many of their own pixels")
    add("--cutout", type=int, default=8, help="side of the square cut out, in the picture's own pixels; 0: none")
    add("--start", metavar="DIR|FILE",
        help="begin with the network of the run in this folder, or of this model file, not with random weights")
    add("--subset", type=positive, help="train on so many pictures, drawn with the seed")
    add("--seed", type=int, default=1, help="decides everything random")
    add("--threads", type=positive, default=2, help="processor threads; another number rounds differently")
    add("--winograd", action="store_true", help="faster 3x3 convolutions, where there is a C++ compiler and AVX2")
    add("--evaluate-every", type=positive, default=1, metavar="EPOCHS", help="how often to test; always at the end")
    add("--save-minutes", type=float, default=5, help="a checkpoint at least so often, besides each epoch's")
    options = parser.parse_args()
    if options.sizes is None:
        options.sizes = ((0.0, options.size),)
    if options.sizes[-1][1] != options.size:
        parser.error(f"--sizes ends at {options.sizes[-1][1]} pixels, --size is {options.size}")
    if options.until is not None:
        try:
            options.minutes = seconds_until(options.until) / 60
        except ValueError:
            parser.error(f"--until expects HH:MM, got {options.until}")
    return options


def main() -> int:
    options = parse_arguments()
    stop = Stop()
    keep_freed_memory()
    torch.set_num_threads(options.threads)
    numpy.finfo(numpy.float64)  # asked (and kept) before flushing, it does not warn that denormals are zero
    torch.set_flush_denormal(True)
    options.winograd = options.winograd and winograd_usable()
    by_clock = options.minutes is not None
    names = Settings.__dataclass_fields__
    told: dict[str, Any] = {name: getattr(options, name) for name in names}
    if by_clock:
        told["epochs"] = None
    settings = Settings(**told)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        pictures = data.load(options.train, options.output / "train.npz")
        test = data.load(options.test, options.output / "test.npz")
        if pictures.classes != test.classes:
            there, here = ", ".join(test.classes), ", ".join(pictures.classes)
            raise DataError(f"{options.test} has the classes {there}; training has {here}")
        if options.subset is not None:
            pictures = pictures.subset(options.subset, options.seed)
        run = Run(settings, pictures, test, options.output)
        if options.resume:
            run.restore()
        elif run.checkpoint.exists():
            raise DataError(f"{run.checkpoint} exists; add --resume to continue, or choose another --output")
        elif settings.start is not None:
            run.begin_with(Path(settings.start))
        seconds = 60 * options.minutes if by_clock else None
        finished = train(run, seconds, options.evaluate_every, 60 * options.save_minutes, stop)
    except (DataError, FloatingPointError, OSError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    if finished:
        return 0
    print(f"saved {run.checkpoint}; continue with --resume", file=sys.stderr)
    return 128 + (stop.signal or 0)


if __name__ == "__main__":
    sys.exit(main())
