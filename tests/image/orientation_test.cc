// Orientation: EXIF blocks, good and broken, and turning pictures.
//
// SPDX-License-Identifier: MIT
#include "image/orientation.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "image/decode.h"
#include "support/test_images.h"

namespace resnet {
namespace {

using testing::ByteVector;

// Six pixels, two wide and three high, whose red value is their place in the stored order.
Image Numbered() {
  Image image = testing::PlainImage(2, 3, 0, 0, 0);
  for (size_t i = 0; i < 6; ++i) image.pixels[i * kChannels] = static_cast<uint8_t>(i);
  return image;
}

std::vector<int> Numbers(const Image& image) {
  std::vector<int> numbers;
  for (size_t i = 0; i < image.pixels.size(); i += kChannels) numbers.push_back(image.pixels[i]);
  return numbers;
}

TEST(ExifTest, ReadsEveryOrientationInBothByteOrders) {
  for (const ByteOrder order : {ByteOrder::kLittle, ByteOrder::kBig}) {
    for (uint16_t orientation = 1; orientation <= 8; ++orientation) {
      EXPECT_EQ(ReadExifOrientation(testing::ExifBlock(orientation, order)), orientation);
    }
    for (const uint16_t wrong : {0, 9, 99, 256, 65535}) {
      EXPECT_EQ(ReadExifOrientation(testing::ExifBlock(wrong, order)), 1) << wrong;
    }
  }
}

TEST(ExifTest, BrokenBlocksMeanUpright) {
  const ByteVector good = testing::ExifBlock(6, ByteOrder::kLittle);
  for (size_t length = 0; length < good.size(); ++length) {
    // A block of its own on the heap, so that AddressSanitizer sees a read past its end.
    const ByteVector cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(length));
    const int orientation = ReadExifOrientation(cut);
    EXPECT_TRUE(orientation == 1 || orientation == 6) << length;
  }
  ByteVector far = good;
  far[4] = far[5] = far[6] = far[7] = 0xFF;  // where the directory is
  EXPECT_EQ(ReadExifOrientation(far), 1);
  ByteVector many = good;
  many[8] = many[9] = 0xFF;  // entries
  EXPECT_EQ(ReadExifOrientation(many), 6);
  ByteVector mark = good;
  mark[2] = 43;
  EXPECT_EQ(ReadExifOrientation(mark), 1);
}

TEST(ExifTest, RandomBlocksAreHarmless) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    ByteVector block = testing::ExifBlock(3, i % 2 == 0 ? ByteOrder::kLittle : ByteOrder::kBig);
    for (int flips = 0; flips < 3; ++flips)
      block[random() % block.size()] = static_cast<uint8_t>(random());
    const int orientation = ReadExifOrientation(block);
    ASSERT_TRUE(orientation >= 1 && orientation <= 8);
  }
}

TEST(ApplyOrientationTest, TurnsAndMirrors) {
  // stored: 0 1
  //         2 3
  //         4 5
  const std::map<int, std::vector<int>> expected = {
      {1, {0, 1, 2, 3, 4, 5}}, {2, {1, 0, 3, 2, 5, 4}}, {3, {5, 4, 3, 2, 1, 0}},
      {4, {4, 5, 2, 3, 0, 1}}, {5, {0, 2, 4, 1, 3, 5}}, {6, {4, 2, 0, 5, 3, 1}},
      {7, {5, 3, 1, 4, 2, 0}}, {8, {1, 3, 5, 0, 2, 4}}};
  for (const auto& [orientation, numbers] : expected) {
    const Image upright = ApplyOrientation(Numbered(), orientation).value();
    EXPECT_EQ(upright.width, orientation >= 5 ? 3 : 2);
    EXPECT_EQ(upright.height, orientation >= 5 ? 2 : 3);
    EXPECT_EQ(Numbers(upright), numbers) << orientation;
  }
}

TEST(ApplyOrientationTest, TurnsBackAlsoWhereTilesAreNotFull) {
  const std::map<int, int> inverse = {{2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 8}, {7, 7}, {8, 6}};
  for (const auto& [orientation, back] : inverse) {
    Image turned = ApplyOrientation(testing::PatternImage(97, 33), orientation).value();
    const Image again = ApplyOrientation(std::move(turned), back).value();
    EXPECT_TRUE(testing::SamePicture(again, testing::PatternImage(97, 33))) << orientation;
  }
}

TEST(DecodeOrientationTest, AppliesOrIgnoresWhatPngAndJpegSay) {
  testing::PngParts png;
  png.width = 2;
  png.height = 3;
  const Image stored = Numbered();
  png.rows.assign(stored.pixels.begin(), stored.pixels.end());
  png.before_data = testing::PngChunk("eXIf", testing::ExifBlock(6, ByteOrder::kBig));
  const ByteVector bytes = testing::EncodePng(png);
  EXPECT_EQ(Numbers(DecodeImage(bytes).value()), (std::vector<int>{4, 2, 0, 5, 3, 1}));
  const DecodeOptions ignore = {.orientation = Orientation::kIgnore};
  EXPECT_TRUE(testing::SamePicture(DecodeImage(bytes, ignore).value(), stored));

  testing::JpegParts jpeg;
  jpeg.width = 24;
  jpeg.before_frame = testing::ExifSegment(8);
  const ByteVector photo = testing::EncodeJpeg(jpeg);
  EXPECT_EQ(ReadImageInfo(photo, {})->orientation, 8);
  EXPECT_EQ(DecodeImage(photo)->height, 24);
  EXPECT_EQ(DecodeImage(photo, ignore)->height, 16);
}

}  // namespace
}  // namespace resnet
