// Histograms: counts, limits, and that the order of the values does not matter.
//
// SPDX-License-Identifier: MIT
#include "quantize/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "support/random_model.h"

namespace resnet {
namespace {

std::vector<float> Values(size_t count, float low, float high, uint64_t seed) {
  testing::Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = random.Uniform(low, high);
  return values;
}

TEST(HistogramTest, CountsEveryValueWhereItIs) {
  const std::vector<float> values = Values(10'000, -3, 8, 1);
  Histogram histogram;
  histogram.Add(values);
  EXPECT_EQ(histogram.count(), values.size());
  EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
  EXPECT_EQ(std::accumulate(histogram.counts().begin(), histogram.counts().end(), uint64_t{0}),
            values.size());
  for (const double limit : {-1.0, 0.0, 2.5, 7.0}) {
    uint64_t below = 0;
    for (size_t bin = 0; bin < Histogram::kBins; ++bin)
      if (histogram.centre(bin) < limit) below += histogram.counts()[bin];
    const auto expected =
        std::count_if(values.begin(), values.end(), [&](float value) { return value < limit; });
    EXPECT_NEAR(static_cast<double>(below), static_cast<double>(expected), 20) << limit;
  }
}

TEST(HistogramTest, DoesNotDependOnTheOrder) {
  std::vector<float> values = Values(5000, -0.01f, 0.02f, 2);
  const std::vector<float> large = Values(500, -100, 900, 3);
  Histogram small_first, large_first;
  small_first.Add(values);
  small_first.Add(large);
  large_first.Add(large);
  large_first.Add(values);
  EXPECT_EQ(small_first.counts(), large_first.counts());
  EXPECT_EQ(small_first.bin_width(), large_first.bin_width());
}

TEST(HistogramTest, WhatIsNoNumberIsPassedOver) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Histogram histogram;
  histogram.Add(std::vector<float>{1.0f, kInfinity, -kInfinity, std::nanf(""), 3e38f});
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.max(), 3e38f);
}

TEST(HistogramTest, ValuesAtAPowerOfTwoFit) {
  Histogram histogram;
  histogram.Add(std::vector<float>{1.0f, -1.0f, 2.0f, 0.0f});
  EXPECT_EQ(histogram.count(), 4u);
  EXPECT_GT(histogram.centre(Histogram::kBins - 1), 2.0);
}

}  // namespace
}  // namespace resnet
