// The whole way: a float model, calibrated and quantised, answers nearly the same; what is in the
// file decides how it runs.
//
// SPDX-License-Identifier: MIT
#include "quantize/quantize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/safetensors.h"
#include "quantize/comparison.h"
#include "support/random_model.h"

namespace resnet {
namespace {

using testing::RandomModel;
using testing::RandomPixels;

constexpr int kPictures = 6;

struct Sample {
  Sample(const NetworkSpec& spec, int side)
      : model(RandomModel(spec, side)),
        calibration(spec),
        bytes(static_cast<size_t>(side * side * 3)),
        pixels(RandomPixels(bytes * kPictures, 5)) {
    const auto network = Network::CreateFromCopy(model).value();
    network->SetTap(calibration.MakeTap());
    for (size_t i = 0; i < kPictures; ++i) {
      EXPECT_TRUE(network->Run(picture(i), 1).ok());
      logits.emplace_back(network->logits().begin(), network->logits().end());
    }
  }

  Bytes picture(size_t index) const { return pixels.span().subspan(index * bytes, bytes); }

  Model model;
  Calibration calibration;
  size_t bytes;
  Buffer<uint8_t> pixels;
  std::vector<std::vector<float>> logits;
};

/// Norm of the logits' difference over that of the logits' deviation from their mean.
double Error(Network& network, const Sample& sample) {
  double difference = 0, spread = 0;
  for (size_t i = 0; i < kPictures; ++i) {
    EXPECT_TRUE(network.Run(sample.picture(i), 1).ok());
    double mean = 0;
    for (const float logit : sample.logits[i]) mean += logit;
    mean /= static_cast<double>(sample.logits[i].size());
    for (size_t c = 0; c < sample.logits[i].size(); ++c) {
      difference += std::pow(network.logits()[c] - sample.logits[i][c], 2);
      spread += std::pow(sample.logits[i][c] - mean, 2);
    }
  }
  return std::sqrt(difference / spread);
}

struct Case {
  const char* name;
  NetworkSpec spec;
  int side;
};

class EveryQuantizedNetwork : public ::testing::TestWithParam<Case> {};

TEST_P(EveryQuantizedNetwork, AnswersNearlyAsInFloats) {
  const auto& [name, spec, side] = GetParam();
  const Sample sample(spec, side);
  for (const int bits : {7, 8}) {
    auto quantized = QuantizeModel(sample.model, sample.calibration,
                                   {.activation_bits = bits, .ranges = RangeMethod::kMinMax});
    ASSERT_TRUE(quantized.ok()) << quantized.error().message;
    EXPECT_EQ(quantized->info.activation_bits, std::to_string(bits));
    // Through the file, as everybody gets it.
    const auto file = WriteModel(*quantized);
    ASSERT_TRUE(file.ok()) << file.error().message;
    auto read = ReadModel(*file);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->info.activation_bits, std::to_string(bits));
    const auto network = Network::Create(std::move(*read));
    ASSERT_TRUE(network.ok()) << network.error().message;
    EXPECT_LT(Error(**network, sample), bits == 7 ? 0.15 : 0.1) << bits << " bits";
  }
}

TEST_P(EveryQuantizedNetwork, RunsBatchesAsSinglePictures) {
  const auto& [name, spec, side] = GetParam();
  const Sample sample(spec, side);
  for (const int bits : {7, 8}) {
    auto quantized = QuantizeModel(sample.model, sample.calibration, {.activation_bits = bits});
    const auto network =
        std::move(Network::Create(std::move(quantized).value(), {.max_batch = 3, .threads = 2}))
            .value();
    ASSERT_TRUE(network->Run(sample.pixels.span().first(3 * sample.bytes), 3).ok());
    const std::vector<float> batch(network->logits().begin(), network->logits().end());
    std::vector<float> singles;
    for (size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(network->Run(sample.picture(i), 1).ok());
      singles.insert(singles.end(), network->logits().begin(), network->logits().end());
    }
    EXPECT_EQ(batch, singles) << bits << " bits";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Architectures, EveryQuantizedNetwork,
    ::testing::Values(Case{"resnet18", {18, Variant::kTorchvision, Stem::kImagenet, 0, 10}, 64},
                      Case{"resnet18small", {18, Variant::kTorchvision, Stem::kSmall, 0, 10}, 32},
                      Case{"resnet50hidden", {50, Variant::kKeras, Stem::kImagenet, 64, 5}, 32}),
    [](const auto& info) { return info.param.name; });

class MixedTest : public ::testing::Test {
 protected:
  MixedTest() : sample_({18, Variant::kTorchvision, Stem::kImagenet, 0, 10}, 32) {}

  std::unique_ptr<Network> Make(const QuantizeOptions& options) {
    auto quantized = QuantizeModel(sample_.model, sample_.calibration, options);
    EXPECT_TRUE(quantized.ok()) << quantized.error().message;
    auto network = Network::Create(std::move(quantized).value());
    EXPECT_TRUE(network.ok()) << network.error().message;
    return std::move(network).value();
  }

  std::string KindOf(const Network& network, std::string_view name) {
    for (const LayerProfile& layer : network.profile())
      if (layer.name == name) return layer.kind;
    return "none";
  }

  Sample sample_;
};

TEST_F(MixedTest, SevenBitsAddBeforeRounding) {
  const auto network = Make({.activation_bits = 7});
  EXPECT_EQ(KindOf(*network, "layer1.0.add"), "convolution 3x3 and residual add");
  EXPECT_EQ(KindOf(*network, "layer1.0.conv2"), "none");
}

TEST_F(MixedTest, KeptLayersRunInFloats) {
  QuantizeOptions options{.activation_bits = 7};
  options.keep_float = {"conv1", "layer2.0.conv1", "layer4.1.conv2", "fc"};
  const auto network = Make(options);
  EXPECT_EQ(KindOf(*network, "input"), "normalisation");
  EXPECT_EQ(KindOf(*network, "layer2.0.conv1.float"), "convolution 3x3");
  EXPECT_EQ(KindOf(*network, "layer4.1.add"), "residual add");
  EXPECT_LT(Error(*network, sample_), 0.15);
}

TEST_F(MixedTest, KeptActivationsHaveEightBits) {
  QuantizeOptions options{.activation_bits = 7};
  options.keep_8_bit = {"layer3.0.conv1"};
  const auto network = Make(options);
  EXPECT_EQ(network->info().activation_bits, "mixed");
  EXPECT_EQ(KindOf(*network, "layer3.0.conv2"), "convolution 3x3");
  EXPECT_EQ(KindOf(*network, "layer3.0.add"), "residual add");
  EXPECT_LT(Error(*network, sample_), 0.15);
}

TEST_F(MixedTest, EverythingKeptIsTheFloatNetwork) {
  QuantizeOptions options{.activation_bits = 8, .ranges = RangeMethod::kMinMax};
  const NetworkLayout layout = LayOut(sample_.model.info.network);
  for (const ConvLayer* conv : layout.convolutions()) options.keep_float.insert(conv->name);
  options.keep_float.insert("fc");
  EXPECT_LT(Error(*Make(options), sample_), 0.05);  // activations are bytes still
}

TEST_F(MixedTest, UnknownLayersAreNamed) {
  QuantizeOptions options;
  options.keep_float = {"layer9"};
  const auto quantized = QuantizeModel(sample_.model, sample_.calibration, options);
  ASSERT_FALSE(quantized.ok());
  EXPECT_EQ(quantized.error().code, ErrorCode::kBadArgument);
  EXPECT_NE(quantized.error().message.find("layer1.0.conv1"), std::string::npos);
}

TEST_F(MixedTest, DeadChannelsAndConstantLayersSurvive) {
  for (float& weight : sample_.model.tensors.at("layer1.0.conv1.weight").as<float>()) weight = 0;
  for (float& bias : sample_.model.tensors.at("layer1.0.conv1.bias").as<float>()) bias = 1e-20f;
  sample_.model.tensors.at("layer2.0.conv1.bias").as<float>()[0] = 1e6f;
  const auto network = Make({});
  ASSERT_TRUE(network->Run(sample_.picture(0), 1).ok());
  for (const float logit : network->logits()) EXPECT_TRUE(std::isfinite(logit));
}

TEST_F(MixedTest, AnotherNormalisationIsRefused) {
  auto quantized = QuantizeModel(sample_.model, sample_.calibration, {}).value();
  Recipe recipe = quantized.info.recipe;
  recipe.resize_mode = ResizeMode::kShortSide;
  EXPECT_TRUE(ReplaceRecipe(recipe, quantized).ok());
  recipe.order = ChannelOrder::kBgr;
  const Status status = ReplaceRecipe(recipe, quantized);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kBadArgument);
}

TEST(ComparisonTest, CountsAgreementOverlapAndDivergence) {
  Comparison comparison;
  const std::vector<float> a = {5, 4, 3, 2, 1, 0, -1}, b = {4, 5, 3, 2, 0, 1, -1};
  comparison.Add(a, a);
  EXPECT_EQ(comparison.agreement(), 1);
  EXPECT_EQ(comparison.divergence(), 0);
  comparison.Add(a, b);
  EXPECT_EQ(comparison.agreement(), 0.5);
  EXPECT_DOUBLE_EQ(comparison.top5_overlap(), 0.9);
  double sum = 0, kl = 0;
  for (const double logit : a) sum += std::exp(logit);
  for (size_t i = 0; i < a.size(); ++i)
    kl += std::exp(static_cast<double>(a[i])) / sum * (a[i] - b[i]);
  EXPECT_NEAR(comparison.divergence(), kl / 2, 1e-9);  // b is a permutation of a
}

}  // namespace
}  // namespace resnet
