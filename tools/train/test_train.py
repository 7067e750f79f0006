# SPDX-License-Identifier: MIT
"""Tests of the training script, on a few small pictures made here: python3 -m unittest discover -s tools/train."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy
from PIL import Image

import train as script  # first: it sets how torch's threads wait
import data
import torch
from files import replacing, write_safetensors
from resnet import ResNet

SETTINGS = script.Settings(
    architecture="resnet18", stem="small", size=12, sizes=((0.0, 8), (0.5, 12)), epochs=3, batch=8, learning_rate=0.05,
    warm_up=0.2, momentum=0.9, weight_decay=5e-4, label_smoothing=0.1, average=0.9, shift=2, cutout=3, subset=None,
    seed=1, threads=2)


class StopBefore(script.Stop):
    """Stands for a signal that comes before the given step; the training looks once per step."""

    def __init__(self, step: int | None = None) -> None:
        self.looks, self.step = 0, step

    @property
    def signal(self) -> int | None:  # type: ignore[override]
        self.looks += 1
        return 15 if self.step is not None and self.looks > self.step else None


class TrainTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.set_num_threads(2)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        noise = numpy.random.default_rng(1)
        for part, count in (("train", 20), ("test", 6)):
            for label, brightness in (("dark", 60), ("light", 160)):
                folder = self.folder / part / label
                folder.mkdir(parents=True)
                for index in range(count):
                    pixels = noise.integers(brightness - 50, brightness + 50, (8, 8, 3), dtype=numpy.uint8)
                    Image.fromarray(pixels).save(folder / f"{index}.png")
        self.train = data.load(self.folder / "train", self.folder / "train.npz")
        self.test = data.load(self.folder / "test", self.folder / "test.npz")

    def run_in(self, name: str, settings: script.Settings = SETTINGS) -> script.Run:
        output = self.folder / name
        output.mkdir(exist_ok=True)
        return script.Run(settings, self.train, self.test, output)

    def finish(self, run: script.Run, stop: StopBefore | None = None) -> bool:
        with contextlib.redirect_stdout(io.StringIO()):
            return script.train(run, None, 1, 1e9, stop or StopBefore())

    def assert_same_results(self, first: script.Run, second: script.Run) -> None:
        for name in ("model.safetensors", "log.jsonl", "curves.svg"):
            self.assertEqual((first.output / name).read_bytes(), (second.output / name).read_bytes(), name)

    def test_same_seed_same_numbers(self) -> None:
        first, second = self.run_in("first"), self.run_in("second")
        self.assertTrue(self.finish(first) and self.finish(second))
        self.assert_same_results(first, second)
        other = self.run_in("other", replace(SETTINGS, seed=2))
        self.assertTrue(self.finish(other))
        self.assertNotEqual((first.output / "log.jsonl").read_bytes(), (other.output / "log.jsonl").read_bytes())

    def test_interrupted_and_resumed_is_uninterrupted(self) -> None:
        whole = self.run_in("whole")
        self.assertTrue(self.finish(whole))
        for step in (3, 5, 11):  # within an epoch, between two epochs, at the larger size
            self.assertFalse(self.finish(self.run_in(f"parts{step}"), StopBefore(step)))
            rest = self.run_in(f"parts{step}")
            rest.restore()
            self.assertEqual(rest.step, step)
            self.assertTrue(self.finish(rest))
            self.assert_same_results(whole, rest)

    def test_finished_run_resumed_writes_the_same_again(self) -> None:
        run = self.run_in("done")
        self.assertTrue(self.finish(run))
        again = self.run_in("done")
        model = (again.output / "model.safetensors").read_bytes()
        again.restore()
        self.assertTrue(self.finish(again))
        self.assertEqual((again.output / "model.safetensors").read_bytes(), model)

    def test_another_cycle_begins_where_the_first_one_ended(self) -> None:
        first = self.run_in("first")
        self.assertTrue(self.finish(first))
        second = self.run_in("second", replace(SETTINGS, start=str(first.output)))
        second.begin_with(first.output)
        for name, value in first.network.state_dict().items():
            self.assertTrue(torch.equal(value, second.network.state_dict()[name]), name)
        self.assertTrue(self.finish(second))
        self.assertNotEqual((first.output / "log.jsonl").read_bytes(), (second.output / "log.jsonl").read_bytes())
        with self.assertRaisesRegex(data.DataError, "stem small"):
            self.run_in("third", replace(SETTINGS, stem="imagenet")).begin_with(first.output)

    def test_other_settings_are_not_resumed(self) -> None:
        self.assertFalse(self.finish(self.run_in("run"), StopBefore(1)))
        with self.assertRaisesRegex(data.DataError, "cutout was 3, is 0"):
            self.run_in("run", replace(SETTINGS, cutout=0)).restore()
        with self.assertRaisesRegex(data.DataError, "winograd was False, is True"):
            self.run_in("run", replace(SETTINGS, winograd=True)).restore()

    def test_setting_that_a_checkpoint_is_too_old_for_is_its_default(self) -> None:
        run = self.run_in("run")
        self.assertFalse(self.finish(run, StopBefore(1)))
        state = torch.load(run.checkpoint)
        del state["settings"]["winograd"]
        torch.save(state, run.checkpoint)
        run.restore()
        self.assertEqual(run.step, 1)

    def test_model_file_has_torchvision_names_and_metadata(self) -> None:
        run = self.run_in("model")
        self.assertTrue(self.finish(run))
        content = (run.output / "model.safetensors").read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8:8 + length])
        metadata = header.pop("__metadata__")
        self.assertEqual(len(header), 102)  # torchvision's 122 less 20 num_batches_tracked
        self.assertEqual(header["layer2.0.downsample.1.running_var"]["shape"], [128])
        self.assertEqual(header["conv1.weight"]["shape"], [64, 3, 3, 3])
        self.assertEqual(max(entry["data_offsets"][1] for entry in header.values()), len(content) - 8 - length)
        self.assertEqual(json.loads(metadata["labels"]), ["dark", "light"])
        resize = json.loads(metadata["recipe"])["resize"]
        self.assertEqual(resize, {"mode": "short-side", "size": 12, "filter": "bilinear"})
        first, last = header["fc.weight"]["data_offsets"]
        stored = numpy.frombuffer(content[8 + length + first:8 + length + last], "<f4").reshape(2, 512)
        self.assertTrue((stored == run.averaged.state_dict()["fc.weight"].numpy()).all())

    def test_resize_equals_pillow(self) -> None:
        for size in (5, 8, 11, 12, 16, 33):
            ours = data.resized(self.train.images, size).numpy()
            for index, image in enumerate(self.train.images.numpy()):
                theirs = numpy.asarray(Image.fromarray(image).resize((size, size), Image.BILINEAR))
                self.assertTrue((ours[index] == theirs).all(), f"size {size}, picture {index}")

    def test_augmentation_shifts_mirrors_flips_and_cuts(self) -> None:
        chosen = torch.arange(len(self.train))
        plain = [data.augmented(self.train, chosen, epoch, 1, 0, 0, 0) for epoch in (0, 1)]
        self.assertTrue((plain[0] == plain[1].flip(2)).all())
        kept = [bool((picture == image).all()) for picture, image in zip(plain[0], self.train.images)]
        self.assertTrue(any(kept) and not all(kept))
        self.assertEqual(data.mirrored(torch.tensor([-2, -1, 0, 7, 8, 9]), 8).tolist(), [2, 1, 0, 7, 6, 5])
        cut = data.augmented(self.train, chosen, 0, 1, 0, 0, 3)
        changed = (cut != plain[0]).any(3).sum((1, 2))
        self.assertTrue(0 < int(changed.min()) and int(changed.max()) <= 9)

    def test_failed_write_leaves_the_old_file(self) -> None:
        path = self.folder / "file"
        write_safetensors(path, {"a": torch.ones(3)}, {})
        before = path.read_bytes()
        with self.assertRaises(RuntimeError), replacing(path) as file:
            file.write(b"half")
            raise RuntimeError
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(list(self.folder.glob("*.part")) + list(self.folder.glob(".*.part")), [])

    def test_networks_have_as_many_tensors_as_torchvisions(self) -> None:
        for architecture, tensors in (("resnet18", 102), ("resnet34", 182), ("resnet50", 267)):
            network = ResNet(architecture, "small", 3).eval()
            names = [name for name in network.state_dict() if not name.endswith("num_batches_tracked")]
            self.assertEqual(len(names), tensors)
            with torch.no_grad():
                self.assertEqual(network(torch.zeros(1, 3, 16, 16)).shape, (1, 3))

    def test_command_line(self) -> None:
        def told(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, str(Path(script.__file__)), *arguments]
            return subprocess.run(command, capture_output=True, text=True, check=False)

        folders = ["--train", str(self.folder / "train"), "--test", str(self.folder / "test")]
        small = ["--size", "8", "--batch", "8", "--epochs", "1", "--cutout", "2"]
        output = ["--output", str(self.folder / "out")]
        self.assertEqual(told(*folders, *output, "--epochs", "none").returncode, 2)
        self.assertEqual(told(*folders, *output, "--size", "8", "--sizes", "0:4").returncode, 2)
        missing = told("--train", str(self.folder / "nowhere"), *folders[2:], *output)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("nowhere is not a directory", missing.stderr)
        done = told(*folders, *output, *small)
        self.assertEqual(done.returncode, 0, done.stderr)
        fast = told(*folders, "--output", str(self.folder / "fast"), *small, "--winograd")
        self.assertEqual(fast.returncode, 0, fast.stderr)
        self.assertRegex(fast.stderr, "convolutions: (Winograd's|torch's own, as )")
        again = told(*folders, *output, *small)
        self.assertEqual(again.returncode, 1)
        self.assertIn("add --resume", again.stderr)


if __name__ == "__main__":
    unittest.main()
