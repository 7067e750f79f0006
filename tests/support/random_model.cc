// See random_model.h.
//
// SPDX-License-Identifier: MIT
#include "support/random_model.h"

#include <cmath>

#include "base/strings.h"

namespace resnet::testing {
namespace {

void Fill(Tensor& tensor, float bound, Random& random) {
  for (float& value : tensor.as<float>()) value = random.Uniform(-bound, bound);
}

/// He et al.'s bound for uniform weights before a ReLU: the variance of the activations stays the
/// same.
float WeightBound(const Shape& shape) {
  int64_t fan_in = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
  return std::sqrt(6.0f / static_cast<float>(fan_in));
}

}  // namespace

uint64_t Random::Next() {
  uint64_t z = state_ += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

float Random::Uniform(float low, float high) {
  return low + (high - low) * (static_cast<float>(Next() >> 40) * 0x1p-24f);
}

Model RandomModel(const NetworkSpec& network, int side, uint64_t seed) {
  Model model;
  model.info.network = network;
  model.info.recipe = NamedRecipe("crop").value();
  model.info.recipe.crop = side;
  for (int i = 0; i < network.classes; ++i) model.info.labels.push_back(StrCat("label ", i));
  Random random(seed);
  for (const ExpectedTensor& expected : ExpectedTensors(network)) {
    Tensor tensor = Tensor::Create(DType::kF32, expected.shape).value();
    // A block's last convolution is made weak, as in a trained network; otherwise the residual sums
    // grow exponentially.
    const bool last = expected.name.find("conv3.weight") != std::string::npos;
    const bool is_bias = expected.shape.size() == 1;
    Fill(tensor, is_bias ? 0.1f : WeightBound(expected.shape) * (last ? 0.3f : 1.0f), random);
    model.tensors.emplace(expected.name, std::move(tensor));
  }
  return model;
}

Buffer<uint8_t> RandomPixels(size_t count, uint64_t seed) {
  Random random(seed);
  Buffer<uint8_t> pixels = Buffer<uint8_t>::Allocate(count).value();
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.Next() >> 56);
  return pixels;
}

}  // namespace resnet::testing
