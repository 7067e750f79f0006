# SPDX-License-Identifier: MIT
"""Tests of the convolutions that winograd.cc computes, against torch's: python3 -m unittest discover -s tools/train."""

from __future__ import annotations

import copy
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import train as script  # noqa: F401  (first: it sets how torch's threads wait)
import torch
import torch.nn.functional as F
import winograd
from resnet import ResNet
from torch import Tensor
from winograd import channels_last, conv3x3

# Rounding, 6e-8 in norm, is enlarged about 12 times by sums over up to 512 channels (torch's own too: 7e-7), and 4.5
# times in each of two directions by the matrices of the largest tile: 1.5e-5. A wrong term is a hundredth or more.
TOLERANCE = 2e-5


def drawn(*sides: int) -> Tensor:
    return channels_last(torch.randn(sides))


def error(ours: Tensor, theirs: Tensor) -> float:
    return float((ours.double() - theirs.double()).norm() / theirs.double().norm())


def results(convolution: object, x: Tensor, weight: Tensor, stride: int, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x, weight = x.detach().requires_grad_(), weight.detach().requires_grad_()
    y = convolution(x, weight, stride)  # type: ignore[operator]
    y.backward(dy)
    assert x.grad is not None and weight.grad is not None
    return y.detach(), x.grad, weight.grad


def torchs(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    return F.conv2d(x, weight, padding=1, stride=stride)


class WinogradTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.set_num_threads(2)
        torch.manual_seed(1)
        try:
            winograd.library()
        except winograd.Unavailable as reason:
            self.skipTest(str(reason))

    def assert_as_torch(self, batch: int, inputs: int, outputs: int, height: int, width: int, stride: int) -> None:
        x, weight = drawn(batch, inputs, height, width).relu(), drawn(outputs, inputs, 3, 3)
        dy = drawn(batch, outputs, (height + stride - 1) // stride, (width + stride - 1) // stride)
        ours, theirs = results(conv3x3, x, weight, stride, dy), results(torchs, x, weight, stride, dy)
        for name, our, their in zip(("forward", "of x", "of the weights"), ours, theirs):
            self.assertEqual(our.shape, their.shape)
            case = f"{name}: {batch} x {inputs} x {height} x {width} to {outputs}, stride {stride}"
            self.assertLessEqual(error(our, their), TOLERANCE, case)

    def test_every_side(self) -> None:
        for side in range(1, 26):
            for stride in (1, 2):
                self.assert_as_torch(1 + side % 5, 8 * (1 + side % 4), 8 * (1 + side % 3), side, side, stride)
                self.assert_as_torch(2, 16, 24, side, 26 - side, stride)

    def test_every_width(self) -> None:
        for inputs in (8, 16, 40, 64, 136, 256, 512):
            for outputs in (8, 56, 128, 264, 512):
                self.assert_as_torch(2, inputs, outputs, 6, 5, 1)
                self.assert_as_torch(3, inputs, outputs, 7, 4, 2)

    def test_layers_of_resnet18(self) -> None:
        for channels, side in ((64, 24), (128, 12), (256, 6), (512, 3), (64, 16), (128, 8), (256, 4), (512, 2)):
            self.assert_as_torch(40, channels, channels, side, side, 1)  # several blocks of pictures
            if channels < 512:
                self.assert_as_torch(40, channels, 2 * channels, side, side, 2)

    def test_gradients_are_the_slopes(self) -> None:
        """A convolution is linear in both: a step of any length along a direction changes it by the slope."""
        for side, stride in ((3, 1), (4, 1), (5, 1), (12, 1), (6, 2), (8, 2), (24, 2)):
            x, weight = drawn(2, 8, side, side), drawn(16, 8, 3, 3)
            dy = drawn(2, 16, (side + stride - 1) // stride, (side + stride - 1) // stride)
            _, dx, dw = results(conv3x3, x, weight, stride, dy)
            for point, gradient in ((x, dx), (weight, dw)):
                step = torch.randn_like(point)
                moved = [point + step, point - step]
                pairs = [(each, weight) if point is x else (x, each) for each in moved]
                up, down = ((conv3x3(*pair, stride) * dy).double().sum() for pair in pairs)
                # Sums of terms that cancel: their error is measured by the norms of what is multiplied.
                scale = float(gradient.double().norm() * step.double().norm())
                slope = float((gradient.double() * step.double()).sum())
                self.assertLessEqual(abs(float(up - down) / 2 - slope), TOLERANCE * scale, f"side {side}")

    def test_same_numbers_whatever_the_threads(self) -> None:
        for channels, side, stride in ((64, 24, 1), (64, 24, 2), (256, 3, 1)):
            x, weight = drawn(20, channels, side, side), drawn(channels, channels, 3, 3)
            dy = drawn(20, channels, side // stride + side % stride, side // stride + side % stride)
            first = results(conv3x3, x, weight, stride, dy)
            for threads in (2, 1, 3):
                torch.set_num_threads(threads)
                for one, other in zip(first, results(conv3x3, x, weight, stride, dy)):
                    self.assertTrue(torch.equal(one, other), f"{threads} threads")

    def test_any_layout_in_memory(self) -> None:
        x, weight, dy = drawn(2, 8, 5, 7), drawn(16, 8, 3, 3), torch.ones(()).expand(2, 16, 5, 7)
        first = results(conv3x3, x, weight, 1, channels_last(dy))
        wider = torch.zeros(2, 8, 5, 9)
        wider[..., 1:8] = x
        for other in (x.contiguous(), wider[..., 1:8]):
            for one, again in zip(first, results(conv3x3, other, weight.contiguous(), 1, dy)):
                self.assertTrue(torch.equal(one, again))

    def test_what_does_not_suit_is_torchs(self) -> None:
        for x, weight, stride in (
                (drawn(2, 3, 6, 6), drawn(8, 3, 3, 3), 1), (drawn(2, 8, 6, 6), drawn(12, 8, 3, 3), 1),
                (drawn(2, 8, 6, 6), drawn(8, 8, 3, 3), 3), (drawn(2, 8, 6, 6).double(), drawn(8, 8, 3, 3).double(), 1)):
            with mock.patch.object(winograd, "library", side_effect=AssertionError):
                self.assertTrue(torch.equal(conv3x3(x, weight, stride), torchs(x, weight, stride)))

    def test_network_is_the_same(self) -> None:
        network = ResNet("resnet18", "imagenet", 10, winograd=True)
        for name, value in network.named_parameters():
            if name.endswith("bn2.weight"):
                value.data.fill_(0.5)  # zero at first: most convolutions would not count
        theirs = ResNet("resnet18", "imagenet", 10)
        theirs.load_state_dict(network.state_dict())
        x = drawn(16, 3, 64, 64)
        with mock.patch.object(winograd, "library", wraps=winograd.library) as library:
            outcomes = [each(x) for each in (network, copy.deepcopy(network), theirs)]
            self.assertEqual(library.call_count, 2 * 16)
        # The roundings of sixteen layers, independent, add up to four times one's.
        self.assertLessEqual(error(outcomes[0], outcomes[2]), 4 * TOLERANCE)
        self.assertTrue(torch.equal(outcomes[0], outcomes[1]))

    def test_without_a_compiler_says_why(self) -> None:
        for compiler, reason in (("no-such-compiler", r"no C\+\+ compiler found"), ("false", "could not compile")):
            with tempfile.TemporaryDirectory() as folder, mock.patch.object(winograd, "BUILD", Path(folder)), \
                    mock.patch.dict(os.environ, CXX=compiler), self.assertRaisesRegex(winograd.Unavailable, reason):
                winograd.library.__wrapped__()


if __name__ == "__main__":
    unittest.main()
