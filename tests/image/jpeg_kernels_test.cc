// JPEG's arithmetic against the definitions in floating point, and its rounding at the edges. That
// the sum of it equals Pillow's decoder is tested on real photos by reference_test.cc.
//
// SPDX-License-Identifier: MIT
#include "image/jpeg_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "support/random_model.h"

namespace resnet {
namespace {

/// The inverse DCT by its definition (ITU-T T.81, A.3.3), level-shifted.
double ExactSample(const short* coefficients, int x, int y) {
  double sum = 0;
  for (int v = 0; v < 8; ++v) {
    for (int u = 0; u < 8; ++u) {
      const double scale =
          (u == 0 ? std::numbers::sqrt2 / 2 : 1) * (v == 0 ? std::numbers::sqrt2 / 2 : 1);
      sum += scale * coefficients[v * 8 + u] * std::cos((2 * x + 1) * u * std::numbers::pi / 16) *
             std::cos((2 * y + 1) * v * std::numbers::pi / 16);
    }
  }
  return std::clamp(sum / 4 + 128, 0.0, 255.0);
}

TEST(JpegIdct, StaysWithinOneLevelOfTheDefinition) {
  testing::Random random(1);
  double total = 0;
  constexpr int kBlocks = 200;
  for (int block = 0; block < kBlocks; ++block) {
    short coefficients[64];
    // Mostly small and mostly zero, as in photos.
    for (short& c : coefficients) {
      c = static_cast<short>(random.Next() % 3 == 0 ? random.Uniform(-60, 60) : 0);
    }
    coefficients[0] = static_cast<short>(random.Uniform(-1000, 1000));
    unsigned char out[64];
    resnet_jpeg_idct(out, 8, coefficients);
    for (int i = 0; i < 64; ++i) {
      const double difference = std::abs(out[i] - ExactSample(coefficients, i % 8, i / 8));
      EXPECT_LE(difference, 1.0);
      total += difference;
    }
  }
  EXPECT_LT(total / (kBlocks * 64), 0.27);  // rounding to whole levels alone is 0.25
}

TEST(JpegIdct, WritesOnlyItsBlockAndSurvivesExtremes) {
  short coefficients[64];
  for (const short extreme : {short{32767}, short{-32768}}) {
    std::fill_n(coefficients, 64, extreme);
    std::vector<unsigned char> out(8 * 20, 77);
    resnet_jpeg_idct(out.data(), 20, coefficients);
    for (size_t i = 0; i < out.size(); ++i) {
      if (i % 20 >= 8) EXPECT_EQ(out[i], 77);
    }
  }
}

TEST(JpegColour, GreysStayGreyAndPrimariesComeOut) {
  for (int level = 0; level < 256; ++level) {
    const auto y = static_cast<unsigned char>(level);
    const unsigned char neutral = 128;
    unsigned char rgb[4] = {1, 2, 3, 4};
    resnet_jpeg_ycc_to_rgb(rgb, &y, &neutral, &neutral, 1, 3);
    EXPECT_TRUE(rgb[0] == level && rgb[1] == level && rgb[2] == level);
    EXPECT_EQ(rgb[3], 4);
  }
  const unsigned char y[] = {76, 150, 29}, cb[] = {85, 44, 255}, cr[] = {255, 21, 107};
  unsigned char rgba[12];
  resnet_jpeg_ycc_to_rgb(rgba, y, cb, cr, 3, 4);
  const unsigned char expected[] = {254, 0, 0, 255, 0, 255, 1, 255, 0, 0, 254, 255};
  for (int i = 0; i < 12; ++i) EXPECT_NEAR(rgba[i], expected[i], 1) << i;
}

TEST(JpegUpsampling, KeepsConstantsAndEdges) {
  unsigned char row[] = {10, 20, 21}, flat[] = {9, 9, 9}, out[6];
  resnet_jpeg_upsample_h2(out, row, 3);
  EXPECT_EQ(std::vector<int>(out, out + 6), (std::vector<int>{10, 13, 17, 20, 21, 21}));
  resnet_jpeg_upsample_h2v2(out, flat, flat, 3);
  EXPECT_EQ(std::vector<int>(out, out + 6), std::vector<int>(6, 9));
  resnet_jpeg_upsample_h2(out, row, 1);
  EXPECT_EQ(std::vector<int>(out, out + 2), (std::vector<int>{10, 10}));
  resnet_jpeg_upsample_h2v2(out, row, flat, 1);
  EXPECT_EQ(std::vector<int>(out, out + 2), (std::vector<int>{10, 10}));
}

}  // namespace
}  // namespace resnet
