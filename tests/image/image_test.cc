// Image and CopyPixels: sizes, widening, alpha over white.
//
// SPDX-License-Identifier: MIT
#include "image/image.h"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>

#include "support/test_images.h"

namespace resnet {
namespace {

using testing::ByteVector;

ByteVector Pixels(const Image& image) { return {image.pixels.begin(), image.pixels.end()}; }

TEST(ImageTest, CreateRefusesSidesBelowOneAndImpossibleSizes) {
  EXPECT_EQ(Image::Create(0, 5).error().code, ErrorCode::kBadArgument);
  EXPECT_EQ(Image::Create(5, -1).error().code, ErrorCode::kBadArgument);
  EXPECT_EQ(Image::Create(INT_MAX, INT_MAX).error().code, ErrorCode::kOutOfMemory);
}

TEST(ImageTest, RowsFollowOneAnother) {
  const Image image = testing::PatternImage(5, 4);
  EXPECT_EQ(image.pixels.size(), 60u);
  EXPECT_EQ(image.row(3) - image.row(0), 45);
}

TEST(CopyPixelsTest, WidensGreyAndKeepsRgb) {
  const ByteVector grey = {1, 250};
  EXPECT_EQ(Pixels(CopyPixels({grey, 2, 1, 1}).value()), (ByteVector{1, 1, 1, 250, 250, 250}));
  const ByteVector rgb = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(Pixels(CopyPixels({rgb, 1, 2, 3}).value()), rgb);
}

TEST(CopyPixelsTest, LaysAlphaOverWhiteRoundedToNearest) {
  for (int value = 0; value < 256; ++value) {
    for (int alpha = 0; alpha < 256; ++alpha) {
      const auto v = static_cast<uint8_t>(value), a = static_cast<uint8_t>(alpha);
      const auto expected =
          static_cast<uint8_t>(std::lround((value * alpha + 255.0 * (255 - alpha)) / 255.0));
      const ByteVector grey = {v, a};
      ASSERT_EQ(CopyPixels({grey, 1, 1, 2})->pixels[0], expected) << value << " " << alpha;
      const ByteVector rgba = {v, 0, 255, a};
      const Image image = CopyPixels({rgba, 1, 1, 4}).value();
      ASSERT_EQ(Pixels(image), (ByteVector{expected, static_cast<uint8_t>(255 - alpha), 255}));
    }
  }
}

TEST(CopyPixelsTest, RefusesWhatDoesNotFit) {
  const ByteVector bytes(12);
  EXPECT_TRUE(CopyPixels({bytes, 2, 2, 3}).ok());
  for (const PixelView& view :
       {PixelView{bytes, 2, 2, 4}, PixelView{bytes, 2, 1, 3}, PixelView{bytes, 0, 4, 3},
        PixelView{bytes, -2, -2, 3}, PixelView{bytes, 2, 2, 0}, PixelView{bytes, 2, 2, 5},
        PixelView{bytes, INT_MAX, INT_MAX, 4}}) {
    const Result<Image> image = CopyPixels(view);
    ASSERT_FALSE(image.ok()) << view.width << "x" << view.height << "x" << view.channels;
    EXPECT_EQ(image.error().code, ErrorCode::kBadArgument);
  }
}

}  // namespace
}  // namespace resnet
