// Naming conventions: Hugging Face's, and the relatives of the ResNet that are refused.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <utility>

#include "import/conventions.h"
#include "import/expect.h"
#include "import/fixtures.h"
#include "import/import.h"
#include "model/safetensors.h"

namespace resnet {
namespace {

using namespace testing;  // the fixtures

const Convention& HuggingFace() { return Conventions()[1]; }

TensorMap Renamed(const TensorMap& tensors, const std::string& prefix) {
  std::map<std::string, std::string> layers = {{"fc", "classifier.1"}};
  const NetworkLayout layout = LayOut({.depth = 18});
  for (const ConvLayer* conv : layout.convolutions()) {
    const LayerNames from = Conventions()[0].names(conv->name);
    const LayerNames to = HuggingFace().names(conv->name);
    layers[from.conv] = to.conv;
    layers[from.norm] = to.norm;
  }
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    const size_t dot = name.rfind('.');
    renamed.emplace(prefix + layers[name.substr(0, dot)] + name.substr(dot),
                    tensor.Clone().value());
  }
  return renamed;
}

TEST(NamesTest, ReadsHuggingFace) {
  const TensorMap tensors = TorchvisionCheckpoint(4);
  EXPECT_EQ(HuggingFace().names("layer2.10.conv3").conv,
            "resnet.encoder.stages.1.layers.10.layer.2.convolution");
  EXPECT_EQ(HuggingFace().names("layer1.0.downsample.0").norm,
            "resnet.encoder.stages.0.layers.0.shortcut.normalization");
  const auto expected = ImportCheckpoint(WriteSafetensors({}, tensors), "a", {});
  ASSERT_TRUE(expected.ok());
  for (const std::string prefix : {"", "module."}) {
    const auto imported = ImportCheckpoint(WriteSafetensors({}, Renamed(tensors, prefix)), "a", {});
    ASSERT_TRUE(imported.ok()) << imported.error().message;
    EXPECT_NE(imported->notes[0].find("Hugging Face's names"), std::string::npos);
    ExpectSameTensors(imported->model.tensors, expected->model.tensors);
  }
}

TEST(NamesTest, KnowsKeras) {
  const auto keras = Conventions()[2].names, old = Conventions()[3].names;
  EXPECT_EQ(keras("conv1").norm, "conv1_bn");
  EXPECT_EQ(keras("layer3.22.conv2").conv, "conv4_block23_2_conv");
  EXPECT_EQ(keras("layer1.0.downsample.0").norm, "conv2_block1_0_bn");
  EXPECT_EQ(old("conv1").norm, "bn_conv1");
  EXPECT_EQ(old("layer3.5.conv3").conv, "res4f_branch2c");
  EXPECT_EQ(old("layer4.0.downsample.0").norm, "bn5a_branch1");
}

Error Refusal(std::string name, Shape shape) {
  TensorMap tensors = TorchvisionCheckpoint(2);
  tensors.insert_or_assign(std::move(name), Tensor::Create(DType::kF32, std::move(shape)).value());
  const auto imported = ImportCheckpoint(WriteSafetensors({}, tensors), "a", {});
  EXPECT_FALSE(imported.ok());
  return imported.ok() ? Error{ErrorCode::kInternal, "was read"} : imported.error();
}

TEST(NamesTest, RefusesRelativesByWhatDiffers) {
  const auto unsupported = ErrorCode::kUnsupportedModel;
  ExpectSays(Refusal("conv1.0.weight", {32, 3, 3, 3}), unsupported, "ResNet-C, -D");
  ExpectSays(Refusal("layer1.0.downsample.2.weight", {64}), unsupported, "ResNet-D");
  ExpectSays(Refusal("layer1.0.se.fc1.weight", {4, 64, 1, 1}), unsupported, "SE-ResNet");
  ExpectSays(Refusal("conv2_block1_preact_bn.weight", {64}), unsupported, "ResNet V2");
  TensorMap bottleneck = TorchvisionCheckpoint(2);
  bottleneck.emplace("layer1.0.conv3.weight", Tensor::Create(DType::kF32, {1}).value());
  for (const auto& [shape, what] : {std::pair(Shape{128, 4, 3, 3}, "32 groups"),
                                    std::pair(Shape{128, 128, 3, 3}, "Wide ResNet")}) {
    bottleneck.insert_or_assign("layer1.0.conv2.weight",
                                Tensor::Create(DType::kF32, shape).value());
    const auto imported = ImportCheckpoint(WriteSafetensors({}, bottleneck), "a", {});
    ASSERT_FALSE(imported.ok());
    ExpectSays(imported.error(), unsupported, what);
  }
}

}  // namespace
}  // namespace resnet
