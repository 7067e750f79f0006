// Network against plain loops: every architecture, variant, stem and head, layer by layer.
//
// SPDX-License-Identifier: MIT
#include "engine/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/random_model.h"
#include "support/reference_network.h"

namespace resnet {
namespace {

using testing::RandomModel;
using testing::RandomPixels;
using testing::RunReference;

/// Norm of the difference over norm of the reference.
double RelativeError(std::span<const float> found, std::span<const double> expected) {
  EXPECT_EQ(found.size(), expected.size());
  double difference = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(found[i] - expected[i], 2);
    norm += expected[i] * expected[i];
  }
  return std::sqrt(difference / (norm + 1e-30));
}

struct Case {
  const char* name;
  NetworkSpec spec;
  int side;
};

class EveryNetwork : public ::testing::TestWithParam<Case> {};

TEST_P(EveryNetwork, EqualsPlainLoopsAtEveryLayer) {
  const auto& [name, spec, side] = GetParam();
  const Model model = RandomModel(spec, side);
  const size_t picture_bytes = static_cast<size_t>(side * side * 3);
  const Buffer<uint8_t> pixels = RandomPixels(picture_bytes * 2, 7);
  auto network = Network::CreateFromCopy(model, {.max_batch = 2});
  ASSERT_TRUE(network.ok()) << network.error().message;
  for (const size_t picture : {0u, 1u}) {
    const auto reference =
        RunReference(model, pixels.span().subspan(picture * picture_bytes, picture_bytes));
    size_t seen = 0;
    (*network)->SetTap([&](const Activation& a) {
      const auto& expected = reference.at(std::string(a.name));
      EXPECT_EQ(a.height, expected.height) << a.name;
      EXPECT_EQ(a.channels, expected.channels) << a.name;
      const size_t count = a.values.size() / 2;
      // Rounding errors of n additions grow like sqrt(n) * 2^-24 and pile up over the layers: 1e-5
      // is generous.
      EXPECT_LT(RelativeError(a.values.subspan(picture * count, count), expected.values), 1e-5)
          << a.name;
      ++seen;
    });
    const Status status = (*network)->Run(pixels.span(), 2);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(seen, reference.size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Architectures, EveryNetwork,
    ::testing::Values(
        Case{"resnet18", {18, Variant::kTorchvision, Stem::kImagenet, 0, 10}, 64},
        Case{"resnet34", {34, Variant::kTorchvision, Stem::kImagenet, 0, 7}, 32},
        Case{"resnet50", {50, Variant::kTorchvision, Stem::kImagenet, 0, 1000}, 64},
        Case{"resnet50_keras", {50, Variant::kKeras, Stem::kImagenet, 0, 10}, 64},
        Case{"resnet101", {101, Variant::kTorchvision, Stem::kImagenet, 0, 2}, 32},
        Case{"resnet152_keras", {152, Variant::kKeras, Stem::kImagenet, 0, 2}, 32},
        Case{"small_stem", {18, Variant::kTorchvision, Stem::kSmall, 0, 10}, 32},
        Case{"two_dense_layers", {18, Variant::kTorchvision, Stem::kImagenet, 48, 10}, 32},
        Case{"odd_size", {18, Variant::kTorchvision, Stem::kImagenet, 0, 3}, 75},
        Case{"one_class", {18, Variant::kTorchvision, Stem::kImagenet, 0, 1}, 32}),
    [](const auto& info) { return info.param.name; });

constexpr NetworkSpec kSmall{18, Variant::kTorchvision, Stem::kImagenet, 0, 10};
constexpr size_t kSmallPixels = 32 * 32 * 3;

std::unique_ptr<Network> SmallNetwork(NetworkOptions options = {}) {
  return std::move(Network::Create(RandomModel(kSmall, 32), options)).value();
}

TEST(Network, LargestInput) {
  const auto network = std::move(Network::Create(RandomModel(kSmall, 448))).value();
  ASSERT_TRUE(network->Run(RandomPixels(448 * 448 * 3, 1).span(), 1).ok());
  EXPECT_EQ(network->feature_size(), 14);
}

TEST(Network, ABatchGivesWhatItsPicturesGiveAlone) {
  const auto network = SmallNetwork({.max_batch = 3});
  const auto pixels = RandomPixels(3 * kSmallPixels, 3);
  ASSERT_TRUE(network->Run(pixels.span(), 3).ok());
  const std::vector<float> together(network->logits().begin(), network->logits().end());
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(network->Run(pixels.span().subspan(i * kSmallPixels, kSmallPixels), 1).ok());
    for (size_t c = 0; c < 10; ++c) EXPECT_NEAR(network->logits()[c], together[i * 10 + c], 1e-5f);
  }
}

TEST(Network, ThreadsGiveTheSameBits) {
#ifdef __EMSCRIPTEN__
  GTEST_SKIP() << "this build has no threads";
#endif
  const auto pixels = RandomPixels(kSmallPixels, 5);
  const auto one = SmallNetwork(), two = SmallNetwork({.threads = 2});
  ASSERT_TRUE(one->Run(pixels.span(), 1).ok());
  ASSERT_TRUE(two->Run(pixels.span(), 1).ok());
  for (size_t c = 0; c < 10; ++c) EXPECT_EQ(one->logits()[c], two->logits()[c]);
}

TEST(Network, CancelStopsBetweenLayersAndTheNextRunIsRight) {
  const auto network = SmallNetwork();
  const auto pixels = RandomPixels(kSmallPixels, 5);
  ASSERT_TRUE(network->Run(pixels.span(), 1).ok());
  const std::vector<float> expected(network->logits().begin(), network->logits().end());
  for (int allowed = 0; allowed < 30; allowed += 7) {
    int asked = 0;
    const Status status = network->Run(pixels.span(), 1, [&] { return asked++ == allowed; });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(asked, allowed + 1);
    EXPECT_FALSE(network->Step().ok());
  }
  ASSERT_TRUE(network->Run(pixels.span(), 1).ok());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), network->logits().begin()));
}

TEST(Network, StepsCountUpToTheWhole) {
  const auto network = SmallNetwork({.profile = true});
  const auto pixels = RandomPixels(kSmallPixels, 5);
  ASSERT_TRUE(network->Begin(pixels.span(), 1).ok());
  EXPECT_EQ(network->progress(), 0);
  double before = 0;
  while (*network->Step()) {
    EXPECT_GT(network->progress(), before);
    before = network->progress();
  }
  EXPECT_EQ(network->progress(), 1);
  uint64_t macs = 0;
  for (const LayerProfile& layer : network->profile()) {
    EXPECT_EQ(layer.runs, 1u) << layer.name;
    macs += layer.macs;
  }
  EXPECT_GT(macs, 30'000'000u);
}

TEST(Network, MacsOfResNet50AreThePublishedOnes) {
  const auto network = std::move(Network::Create(RandomModel({}, 224))).value();
  uint64_t macs = 0;
  for (const LayerProfile& layer : network->profile()) macs += layer.macs;
  EXPECT_NEAR(static_cast<double>(macs), 4.09e9,
              0.01e9);  // torchvision's GFLOPS for ResNet50_Weights
}

TEST(Network, WrongSizesAreRefused) {
  const auto network = SmallNetwork();
  const auto pixels = RandomPixels(2 * kSmallPixels, 1);
  EXPECT_EQ(network->Begin(pixels.span(), 1).error().code, ErrorCode::kBadArgument);
  EXPECT_EQ(network->Begin(pixels.span(), 2).error().code, ErrorCode::kBadArgument);
  EXPECT_EQ(network->Begin(pixels.span().first(0), 0).error().code, ErrorCode::kBadArgument);
  EXPECT_FALSE(Network::Create(RandomModel(kSmall, 32), {.max_batch = 0}).ok());
  EXPECT_FALSE(Network::Create(RandomModel(kSmall, 32), {.threads = 0}).ok());
}

TEST(Network, HalfPrecisionWeightsRunAsTheirRoundedValues) {
  Model halves = RandomModel(kSmall, 32), rounded = RandomModel(kSmall, 32);
  for (auto& [name, tensor] : halves.tensors) tensor = ToFloat16(tensor).value();
  for (auto& [name, tensor] : rounded.tensors)
    tensor = ToFloat32(ToFloat16(tensor).value()).value();
  const auto a = std::move(Network::Create(std::move(halves))).value();
  const auto b = std::move(Network::Create(std::move(rounded))).value();
  const auto pixels = RandomPixels(kSmallPixels, 5);
  ASSERT_TRUE(a->Run(pixels.span(), 1).ok());
  ASSERT_TRUE(b->Run(pixels.span(), 1).ok());
  EXPECT_TRUE(std::equal(a->logits().begin(), a->logits().end(), b->logits().begin()));
}

TEST(Network, ClassWeightsTimesEmbeddingIsTheLogitUpToAConstant) {
  for (const int hidden : {0, 24}) {
    NetworkSpec spec = kSmall;
    spec.hidden = hidden;
    const Model model = RandomModel(spec, 32);
    const auto network = std::move(Network::CreateFromCopy(model)).value();
    ASSERT_TRUE(network->Run(RandomPixels(kSmallPixels, 9).span(), 1).ok());
    const auto embedding = network->embedding();
    const float logit = network->logits()[4];
    const std::vector<float> weights = network->ClassWeights(0, 4);
    ASSERT_EQ(weights.size(), embedding.size());
    double product = 0;
    for (size_t i = 0; i < weights.size(); ++i) product += weights[i] * embedding[i];
    // The constant: biases, those of the hidden layer through the units that are active.
    double constant = model.tensor(hidden == 0 ? "fc.bias" : "fc2.bias").as<float>()[4];
    if (hidden > 0) {
      const auto w1 = model.tensor("fc1.weight").as<float>(),
                 b1 = model.tensor("fc1.bias").as<float>();
      const auto w2 = model.tensor("fc2.weight").as<float>();
      for (size_t unit = 0; unit < 24; ++unit) {
        double sum = b1[unit];
        for (size_t i = 0; i < embedding.size(); ++i)
          sum += w1[unit * embedding.size() + i] * embedding[i];
        if (sum > 0) constant += static_cast<double>(w2[4 * 24 + unit]) * b1[unit];
      }
    }
    EXPECT_NEAR(product + constant, logit, 1e-4);
  }
}

}  // namespace
}  // namespace resnet
