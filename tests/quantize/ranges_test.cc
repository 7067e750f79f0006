// Ranges: what each method makes of values whose answer is known.
//
// SPDX-License-Identifier: MIT
#include "quantize/ranges.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/random_model.h"

namespace resnet {
namespace {

constexpr RangeMethod kAll[] = {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMse,
                                RangeMethod::kEntropy};

Histogram Uniform(float low, float high, size_t count) {
  testing::Random random(1);
  std::vector<float> values(count);
  for (float& value : values) value = random.Uniform(low, high);
  Histogram histogram;
  histogram.Add(values);
  return histogram;
}

TEST(RangesTest, UniformValuesAreNotClipped) {
  const Histogram histogram = Uniform(0, 10, 100'000);
  for (const RangeMethod method : kAll) {
    const Quantization seven = ChooseQuantization(histogram, /*relu=*/true, 7, method);
    EXPECT_NEAR(seven.scale * 127, 10, 0.2) << RangeMethodName(method);
    EXPECT_TRUE(seven.seven_bit());
    const Quantization eight = ChooseQuantization(histogram, /*relu=*/true, 8, method);
    EXPECT_NEAR(eight.scale * 255, 10, 0.2) << RangeMethodName(method);
    EXPECT_EQ(eight.zero_point, -128);
    EXPECT_EQ(eight.min, -128);
  }
}

TEST(RangesTest, AnOutlierIsClippedByAllButMinMax) {
  Histogram histogram = Uniform(0, 1, 1'000'000);
  histogram.Add(std::vector<float>{50.0f});
  for (const RangeMethod method : kAll) {
    const float high = ChooseQuantization(histogram, true, 7, method).scale * 127;
    if (method == RangeMethod::kMinMax) {
      EXPECT_NEAR(high, 50, 0.01);
    } else {
      EXPECT_LT(high, 20) << RangeMethodName(method);
      EXPECT_GT(high, 0.9) << RangeMethodName(method);
    }
  }
}

TEST(RangesTest, SignedValuesHaveAZeroPointThatIsExact) {
  const Histogram histogram = Uniform(-2, 6, 100'000);
  for (const int bits : {7, 8}) {
    const Quantization signed_one =
        ChooseQuantization(histogram, /*relu=*/false, bits, RangeMethod::kMinMax);
    EXPECT_NEAR(signed_one.scale * 255, 8, 0.1);
    EXPECT_EQ(signed_one.min, -128);
    EXPECT_NEAR(signed_one.zero_point, -64, 1);
  }
}

TEST(RangesTest, AnActivationThatIsAlwaysZeroStillHasAScale) {
  Histogram histogram;
  histogram.Add(std::vector<float>(100, 0.0f));
  for (const RangeMethod method : kAll) {
    for (const bool relu : {false, true}) {
      const Quantization quantization = ChooseQuantization(histogram, relu, 8, method);
      EXPECT_GT(quantization.scale, 0);
      EXPECT_LT(quantization.zero_point, quantization.max);
    }
  }
}

TEST(RangesTest, NamesGoBothWays) {
  for (const RangeMethod method : kAll)
    EXPECT_EQ(RangeMethodFromName(RangeMethodName(method)).value(), method);
  const auto unknown = RangeMethodFromName("best");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("percentile"), std::string::npos);
}

}  // namespace
}  // namespace resnet
