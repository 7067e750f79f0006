// DecodeImage on files that lie, end early, are damaged or are made to cost much.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "image/decode.h"
#include "support/test_images.h"

namespace resnet {
namespace {

using testing::ByteVector;

ErrorCode Refusal(Bytes bytes, const DecodeOptions& options = {}) {
  const Result<Image> image = DecodeImage(bytes, options);
  EXPECT_FALSE(image.ok());
  if (image.ok()) return ErrorCode::kInternal;
  EXPECT_FALSE(image.error().message.empty());
  return image.error().code;
}

// The bytes in a block of their own size on the heap: AddressSanitizer sees the first byte read
// past their end.
Result<Image> DecodeCopy(Bytes bytes) {
  const auto copy = std::make_unique<uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  return DecodeImage(Bytes(copy.get(), bytes.size()));
}

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

ByteVector SmallPalettePng() {
  testing::PngParts parts;
  parts.width = 5;
  parts.height = 3;
  parts.bits = 4;
  parts.colour_type = 3;
  parts.before_data = testing::PngChunk("PLTE", ByteVector{10, 20, 30, 40, 50, 60});
  parts.rows = {0x01, 0x01, 0x00, 0x11, 0x11, 0x10, 0xF0, 0x00, 0x00};
  return testing::EncodePng(parts);
}

ByteVector SmallJpeg(uint8_t frame_marker) {
  testing::JpegParts parts;
  parts.frame_marker = frame_marker;
  parts.components = 3;
  parts.sampling = 0x21;
  parts.before_frame = testing::ExifSegment(6);
  return testing::EncodeJpeg(parts);
}

ByteVector SmallMaskedBmp() {
  testing::BmpParts parts;
  parts.width = 3;
  parts.height = 2;
  parts.bits = 16;
  parts.compression = 3;
  parts.before_pixels = {0, 0xF8, 0, 0, 0xE0, 7, 0, 0, 0x1F, 0, 0, 0};
  parts.pixels.resize(16, 0x5A);
  return testing::EncodeBmp(parts);
}

// One small file of each kind.
std::vector<ByteVector> SmallFiles() {
  const Image image = testing::PatternImage(6, 5);
  return {testing::EncodePng(image), SmallPalettePng(), testing::EncodeBmp(image),
          SmallMaskedBmp(),          SmallJpeg(0xC0),   SmallJpeg(0xC2)};
}

TEST(HostileTest, LimitsHoldBeforeAnythingIsAllocated) {
  for (const uint32_t side : {60'000u, 0x7FFFFFFFu}) {
    testing::PngParts png;
    png.width = png.height = side;
    EXPECT_EQ(Refusal(testing::EncodePng(png)), ErrorCode::kImageTooLarge);
    testing::BmpParts bmp;
    bmp.width = static_cast<int32_t>(side);
    bmp.height = -static_cast<int32_t>(side);
    EXPECT_EQ(Refusal(testing::EncodeBmp(bmp)), ErrorCode::kImageTooLarge);
  }
  testing::JpegParts jpeg;
  jpeg.width = jpeg.height = 60'000;
  jpeg.data_too_short = true;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(jpeg)), ErrorCode::kImageTooLarge);
  testing::PngParts thin;
  thin.width = 2'000'000;
  EXPECT_EQ(Refusal(testing::EncodePng(thin)), ErrorCode::kImageTooLarge);
  const ByteVector small = testing::EncodePng(testing::PatternImage(10, 10));
  EXPECT_EQ(Refusal(small, {.max_pixels = 99}), ErrorCode::kImageTooLarge);
  EXPECT_EQ(Refusal(small, {.max_bytes = small.size() - 1}), ErrorCode::kImageTooLarge);
  EXPECT_TRUE(DecodeImage(small, {.max_bytes = small.size(), .max_pixels = 100}).ok());
}

TEST(HostileTest, AValidPictureOverTheLimitIsRefusedAndOneUnderItIsRead) {
  EXPECT_EQ(Refusal(testing::BlackPng(12'000, 12'000)), ErrorCode::kImageTooLarge);
  const Result<Image> large = DecodeImage(testing::BlackPng(9'000, 9'000));
  ASSERT_TRUE(large.ok()) << large.error().message;
  EXPECT_EQ(large->width, 9'000);
  EXPECT_EQ(large->pixels[large->pixels.size() - 1], 0);
}

TEST(HostileTest, EmptySidesAreRefused) {
  testing::PngParts png;
  png.width = 0;
  EXPECT_EQ(Refusal(testing::EncodePng(png)), ErrorCode::kNotAnImage);
  testing::BmpParts bmp;
  bmp.height = 0;
  EXPECT_EQ(Refusal(testing::EncodeBmp(bmp)), ErrorCode::kNotAnImage);
  bmp.height = INT32_MIN;
  EXPECT_EQ(Refusal(testing::EncodeBmp(bmp)), ErrorCode::kNotAnImage);
  testing::JpegParts jpeg;
  jpeg.width = 0;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(jpeg)), ErrorCode::kNotAnImage);
}

TEST(HostileTest, CutAtEveryLengthIsAnError) {
  for (const ByteVector& whole : SmallFiles()) {
    ASSERT_TRUE(DecodeCopy(whole).ok()) << DecodeCopy(whole).error().message;
    for (size_t length = 0; length < whole.size(); ++length) {
      const Result<Image> image = DecodeCopy(Bytes(whole).first(length));
      // The last row of a BMP may lack its padding.
      if (image.ok() && whole[0] == 'B' && length + 4 > whole.size()) continue;
      ASSERT_FALSE(image.ok()) << length << " of " << whole.size();
      const ErrorCode code = image.error().code;
      ASSERT_TRUE(code == ErrorCode::kTruncated || (code == ErrorCode::kNotAnImage && length < 14))
          << length << " of " << whole.size() << ": " << image.error().message;
    }
  }
}

TEST(HostileTest, EveryChangedBitIsHarmless) {
  for (ByteVector bytes : SmallFiles()) {
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      ByteVector changed = bytes;
      if (bytes[0] == 0x89)
        testing::MendPngChecksums(changed);  // or nothing would reach the decoder
      const Result<Image> image = DecodeCopy(changed);
      if (!image.ok()) EXPECT_NE(image.error().code, ErrorCode::kInternal) << image.error().message;
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    }
  }
}

TEST(HostileTest, RandomChangesAreHarmless) {
  std::mt19937 random(42);
  for (const ByteVector& whole : SmallFiles()) {
    for (int i = 0; i < 2'000; ++i) {
      ByteVector changed = whole;
      for (int change = 0; change < 4; ++change)
        changed[random() % changed.size()] = static_cast<uint8_t>(random());
      if (whole[0] == 0x89) testing::MendPngChecksums(changed);
      const Result<Image> image = DecodeCopy(changed);
      if (!image.ok()) EXPECT_NE(image.error().code, ErrorCode::kInternal) << image.error().message;
    }
  }
}

TEST(HostileTest, WrongPngChecksumsAreSeen) {
  const ByteVector whole = testing::EncodePng(testing::PatternImage(6, 5));
  ByteVector bytes = whole;
  bytes[whole.size() / 2] ^= 1;
  EXPECT_EQ(Refusal(bytes), ErrorCode::kTruncated);
}

TEST(HostileTest, DataThatInflateToMoreThanTheHeaderSaysAreRefused) {
  testing::PngParts bomb;
  bomb.colour_type = 0;
  bomb.compressed = testing::ZlibBomb(40'000);  // 10 MB for one pixel
  EXPECT_EQ(Refusal(testing::EncodePng(bomb)), ErrorCode::kImageTooLarge);
}

TEST(HostileTest, JpegsWithTooLittleDataAreTruncated) {
  testing::JpegParts parts;
  parts.width = parts.height = 4'000;
  parts.data_too_short = true;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(parts)), ErrorCode::kTruncated);
  parts.frame_marker = 0xC2;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(parts)), ErrorCode::kTruncated);
  testing::JpegParts endless;
  endless.end_marker = false;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(endless)), ErrorCode::kTruncated);
}

TEST(HostileTest, AJpegThatStbGivesUpOnIsNotAPicture) {
  // A table that is too long, after the first scan: stb_image returns what it has, which here is
  // nothing.
  testing::JpegParts parts;
  parts.frame_marker = 0xC2;
  ByteVector bytes = testing::EncodeJpeg(parts);
  const ByteVector table = testing::JpegSegment(0xC4, ByteVector(17, 0xFF));
  bytes.insert(bytes.end() - 2, table.begin(), table.end());
  EXPECT_EQ(Refusal(bytes), ErrorCode::kTruncated);
}

TEST(HostileTest, ThousandsOfScansOrTablesAreRefusedOrQuick) {
  testing::JpegParts parts;
  parts.frame_marker = 0xC2;
  parts.width = parts.height = 1'000;
  parts.scans = 380;  // just allowed
  EXPECT_LT(Seconds([&] { EXPECT_TRUE(DecodeImage(testing::EncodeJpeg(parts)).ok()); }), 10.0);
  parts.scans = 400;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(parts)), ErrorCode::kUnsupportedImage);
  parts.width = parts.height = 8;
  parts.scans = 20'000;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(parts)), ErrorCode::kUnsupportedImage);
  parts.frame_marker = 0xC0;
  parts.scans = 2;
  EXPECT_EQ(Refusal(testing::EncodeJpeg(parts)), ErrorCode::kTruncated);
}

}  // namespace
}  // namespace resnet
