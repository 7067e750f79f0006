# SPDX-License-Identifier: MIT
"""Tests of reading model files back: the same answers, from floats and from 8 bits, and clear refusals."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import train as script  # noqa: F401  first: it sets how torch's threads wait
import data
import model_file
import torch
from files import write_safetensors
from resnet import ResNet
from torch import Tensor

BUILT_IN = Path(__file__).parents[2] / "models" / "default" / "cifar10-resnet18.safetensors"
METADATA = {"recipe": json.dumps({"mean": data.MEAN, "std": data.STD, "scale": 1 / 255})}


def used_network(architecture: str) -> ResNet:
    """One whose batch-norms have seen something, so that folding them changes every weight."""
    torch.manual_seed(3)
    network = ResNet(architecture, "small", 5)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values, least, most in ((module.weight, 0.5, 1.5), (module.bias, -0.3, 0.3),
                                        (module.running_mean, -0.3, 0.3), (module.running_var, 0.5, 2.0)):
                torch.nn.init.uniform_(values, least, most)
    return network.eval()


def folded(network: ResNet) -> dict[str, Tensor]:
    tensors = {"fc.weight": network.fc.weight, "fc.bias": network.fc.bias}
    for name, _, convolution, norm in model_file.convolutions(network):
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = convolution.weight * factor.view(-1, 1, 1, 1)
        tensors[name + ".weight"] = weight.permute(0, 2, 3, 1).contiguous()
        tensors[name + ".bias"] = norm.bias - norm.running_mean * factor
    return tensors


class ModelFileTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.set_num_threads(2)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.path = Path(holder.name) / "model.safetensors"

    def test_floats_give_the_same_logits_and_batch_norms_that_know_their_inputs(self) -> None:
        for architecture in ("resnet18", "resnet50"):
            network, inputs = used_network(architecture), torch.randn(16, 3, 16, 16)
            write_safetensors(self.path, folded(network), METADATA)
            read = ResNet(architecture, "small", 5).train()
            model_file.load(read, self.path, inputs)
            self.assertTrue(read.training)
            others = torch.randn(4, 3, 16, 16)
            with torch.no_grad():
                expected, actual = network(others), read.eval()(others)
                measured, own = read(inputs), read.train()(inputs)
            # Float32 through 18 to 50 layers, in another order.
            self.assertLess(float((actual - expected).norm() / expected.norm()), 1e-5, architecture)
            # On what they were measured on, batch-norms in training and afterwards are the same.
            self.assertLess(float((own - measured).norm() / measured.norm()), 1e-3, architecture)
            for _, _, convolution, _ in model_file.convolutions(read):
                self.assertAlmostEqual(float(convolution.weight.norm()), model_file.LENGTH, places=3)

    def test_8_bits_give_the_logits_that_the_file_records(self) -> None:
        file = model_file.ModelFile(BUILT_IN)
        picture = torch.from_numpy(file.tensor("golden.input").copy())  # [32, 40, 3]; the recipe crops 32 x 32
        inputs = data.normalised(picture[None, :, 4:36])
        network = ResNet("resnet18", "small", 10)
        model_file.load(network, BUILT_IN, torch.randn(4, 3, 32, 32))
        with torch.no_grad():
            logits = network.eval()(inputs)[0]
        recorded = torch.from_numpy(file.tensor("golden.logits").copy())
        # The same weights; the file's network rounds its activations to 7 bits, 17 times on the way.
        self.assertLess(float((logits - recorded).norm() / recorded.norm()), 0.1)

    def test_what_does_not_fit_is_refused(self) -> None:
        def refusal(network: ResNet) -> str:
            with self.assertRaises(data.DataError) as caught:
                model_file.load(network, self.path, torch.randn(2, 3, 16, 16))
            return str(caught.exception)

        network = used_network("resnet18")
        tensors = folded(network)
        write_safetensors(self.path, tensors, METADATA)
        self.assertIn("fc is (5, 512), this network's is (3, 512)", refusal(ResNet("resnet18", "small", 3)))
        self.assertIn("conv1 is (64, 3, 3, 3), this network's is (64, 3, 7, 7)", refusal(ResNet("resnet18", "imagenet", 5)))
        self.assertIn("has no tensor layer1.2.conv1.weight", refusal(ResNet("resnet34", "small", 5)))
        write_safetensors(self.path, tensors, {})
        self.assertIn("is not a model file", refusal(network))
        self.path.write_bytes(self.path.read_bytes()[:100_000])
        self.assertIn("is not a model file", refusal(network))
        self.path.write_bytes(b"")
        self.assertIn("is not a model file", refusal(network))


if __name__ == "__main__":
    unittest.main()
