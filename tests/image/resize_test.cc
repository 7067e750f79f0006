// ResizeWindow: equal to Pillow, only what the window needs, black outside.
//
// SPDX-License-Identifier: MIT
#include "image/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <climits>

#include "support/test_images.h"

namespace resnet {
namespace {

constexpr Filter kFilters[] = {Filter::kNearest, Filter::kBilinear, Filter::kBicubic};

struct GoldenCase {
  int width, height;
  int scaled_width, scaled_height;
  Filter filter;
  Box window;
  uint64_t checksum;
};

constexpr GoldenCase kGolden[] = {
#include "image/resize_golden.inc"
};

double SecondsFor(const Image& source, int width, int height, const Box& window) {
  const auto start = std::chrono::steady_clock::now();
  for (const Filter filter : kFilters)
    EXPECT_TRUE(ResizeWindow(source, width, height, filter, window).ok());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(ResizeTest, EqualsPillow) {
  for (const GoldenCase& golden : kGolden) {
    const Image source = testing::PatternImage(golden.width, golden.height);
    const Result<Image> result = ResizeWindow(source, golden.scaled_width, golden.scaled_height,
                                              golden.filter, golden.window);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(testing::Checksum(result->pixels.span()), golden.checksum)
        << golden.width << "x" << golden.height << " to " << golden.scaled_width << "x"
        << golden.scaled_height << ", filter " << static_cast<int>(golden.filter);
  }
}

TEST(ResizeTest, AWindowIsThatPartOfTheWhole) {
  const Image source = testing::PatternImage(61, 47);
  for (const Filter filter : kFilters) {
    const Image whole = ResizeWindow(source, 90, 20, filter, {0, 0, 90, 20}).value();
    const Box window = {13, 5, 40, 11};
    const Image part = ResizeWindow(source, 90, 20, filter, window).value();
    for (int y = 0; y < window.height; ++y) {
      const uint8_t* expected =
          whole.row(window.y + y) + static_cast<ptrdiff_t>(window.x) * kChannels;
      EXPECT_TRUE(std::equal(part.row(y), part.row(y) + window.width * kChannels, expected));
    }
  }
}

TEST(ResizeTest, OutsideIsBlack) {
  const Image source = testing::PlainImage(10, 10, 200, 100, 50);
  for (const Filter filter : kFilters) {
    const Image result = ResizeWindow(source, 4, 6, filter, {-2, -1, 8, 8}).value();
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 8; ++x) {
        const bool inside = x >= 2 && x < 6 && y >= 1 && y < 7;
        EXPECT_EQ(result.row(y)[x * kChannels], inside ? 200 : 0) << x << "," << y;
        EXPECT_EQ(result.row(y)[x * kChannels + 2], inside ? 50 : 0);
      }
    }
    const Image nothing = ResizeWindow(source, 4, 6, filter, {100, INT_MAX, 5, 5}).value();
    EXPECT_TRUE(
        std::ranges::all_of(nothing.pixels.span(), [](uint8_t value) { return value == 0; }));
  }
}

TEST(ResizeTest, LongAndThinPicturesCostTheirWindow) {
  const Image wide = testing::PatternImage(20'000, 1);
  EXPECT_LT(SecondsFor(wide, 5'120'000, 256, {2'559'888, 16, 224, 224}), 5.0);
  const Image high = testing::PatternImage(1, 30'000);
  EXPECT_LT(SecondsFor(high, 256, 7'680'000, {16, 3'839'888, 224, 224}), 5.0);
  EXPECT_LT(SecondsFor(high, 224, 224, {0, 0, 224, 224}), 5.0);
}

TEST(ResizeTest, RefusesWhatHasNoMeaning) {
  const Image source = testing::PatternImage(4, 4);
  EXPECT_EQ(ResizeWindow(source, 0, 4, Filter::kBilinear, {0, 0, 4, 4}).error().code,
            ErrorCode::kBadArgument);
  EXPECT_EQ(ResizeWindow(source, 4, -4, Filter::kNearest, {0, 0, 4, 4}).error().code,
            ErrorCode::kBadArgument);
  EXPECT_EQ(ResizeWindow(source, 4, 4, Filter::kNearest, {0, 0, 0, 4}).error().code,
            ErrorCode::kBadArgument);
  EXPECT_EQ(ResizeWindow(Image{}, 4, 4, Filter::kNearest, {0, 0, 4, 4}).error().code,
            ErrorCode::kBadArgument);
}

}  // namespace
}  // namespace resnet
