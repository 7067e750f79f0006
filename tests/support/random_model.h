// Models with random weights, for tests that need a network but not its skill.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_SUPPORT_RANDOM_MODEL_H_
#define RESNET_TESTS_SUPPORT_RANDOM_MODEL_H_

#include <cstdint>

#include "model/model.h"

namespace resnet::testing {

/// A small fixed stream of numbers (splitmix64), the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  float Uniform(float low, float high);

 private:
  uint64_t state_;
};

/// A valid model: weights scaled so that activations neither die out nor explode, labels "label 0"
/// and so on, recipe `crop` with inputs of `side` pixels.
Model RandomModel(const NetworkSpec& network, int side, uint64_t seed = 1);

/// `count` random bytes.
Buffer<uint8_t> RandomPixels(size_t count, uint64_t seed);

}  // namespace resnet::testing

#endif  // RESNET_TESTS_SUPPORT_RANDOM_MODEL_H_
