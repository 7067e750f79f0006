// DecodeImage on well-formed files: every kind of PNG, BMP and JPEG pixel, and what is refused by
// name.
//
// SPDX-License-Identifier: MIT
#include "image/decode.h"

#include <gtest/gtest.h>

#include <string>

#include "support/test_images.h"

namespace resnet {
namespace {

using testing::ByteVector;

Error Refusal(Bytes bytes, const DecodeOptions& options = {}) {
  const Result<Image> image = DecodeImage(bytes, options);
  EXPECT_FALSE(image.ok());
  return image.ok() ? Error{ErrorCode::kInternal, "was decoded"} : image.error();
}

ByteVector DecodedPixels(Bytes bytes) {
  const Result<Image> image = DecodeImage(bytes);
  EXPECT_TRUE(image.ok()) << image.error().message;
  if (!image.ok()) return {};
  return {image->pixels.begin(), image->pixels.end()};
}

ByteVector OnePixelPng(uint8_t bits, uint8_t colour_type, ByteVector pixel,
                       ByteVector chunks = {}) {
  testing::PngParts parts;
  parts.bits = bits;
  parts.colour_type = colour_type;
  parts.rows = std::move(pixel);
  parts.before_data = std::move(chunks);
  return testing::EncodePng(parts);
}

TEST(DecodeTest, PngAndBmpGiveTheirPixels) {
  for (const int width : {1, 2, 3, 4, 31, 100}) {
    const Image image = testing::PatternImage(width, 7);
    for (const ByteVector& bytes : {testing::EncodePng(image), testing::EncodeBmp(image),
                                    testing::EncodeBmp(image, /*from_top=*/true)}) {
      const Result<Image> decoded = DecodeImage(bytes);
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_TRUE(testing::SamePicture(*decoded, image)) << width;
    }
  }
}

TEST(DecodeTest, PngWidensGreyReducesSixteenBitsAndLaysAlphaOverWhite) {
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 0, {77})), (ByteVector{77, 77, 77}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(1, 0, {0x80})), (ByteVector{255, 255, 255}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(2, 0, {0x40})), (ByteVector{85, 85, 85}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(4, 0, {0x30})), (ByteVector{51, 51, 51}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(16, 0, {77, 255})), (ByteVector{77, 77, 77}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(16, 2, {1, 0, 2, 128, 3, 255})), (ByteVector{1, 2, 3}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 4, {100, 0})), (ByteVector{255, 255, 255}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 6, {0, 100, 255, 128})), (ByteVector{127, 177, 255}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(16, 6, {0, 9, 100, 9, 255, 9, 128, 9})),
            (ByteVector{127, 177, 255}));
}

TEST(DecodeTest, PngPalettesAndTransparentColours) {
  ByteVector chunks = testing::PngChunk("PLTE", ByteVector{10, 20, 30, 40, 50, 60});
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 3, {1}, chunks)), (ByteVector{40, 50, 60}));
  // A colour that the palette lacks is black, always.
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 3, {200}, chunks)), (ByteVector{0, 0, 0}));
  const ByteVector transparency = testing::PngChunk("tRNS", ByteVector{0});
  chunks.insert(chunks.end(), transparency.begin(), transparency.end());
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 3, {0}, chunks)), (ByteVector{255, 255, 255}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 3, {1}, chunks)), (ByteVector{40, 50, 60}));
  const ByteVector key = testing::PngChunk("tRNS", ByteVector{0, 7});
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 0, {7}, key)), (ByteVector{255, 255, 255}));
  EXPECT_EQ(DecodedPixels(OnePixelPng(8, 0, {8}, key)), (ByteVector{8, 8, 8}));
}

TEST(DecodeTest, BmpPalettes) {
  testing::BmpParts bmp;
  bmp.width = 3;
  bmp.bits = 4;
  bmp.colours_used = 2;
  bmp.before_pixels = {30, 20, 10, 0, 60, 50, 40, 0};
  bmp.pixels = {0x10, 0xF0, 0, 0};
  EXPECT_EQ(DecodedPixels(testing::EncodeBmp(bmp)), (ByteVector{40, 50, 60, 10, 20, 30, 0, 0, 0}));
  bmp.bits = 1;
  bmp.pixels = {0b01000000, 0, 0, 0};
  EXPECT_EQ(DecodedPixels(testing::EncodeBmp(bmp)),
            (ByteVector{10, 20, 30, 40, 50, 60, 10, 20, 30}));
}

TEST(DecodeTest, BmpMasksAndGaps) {
  testing::BmpParts bmp;
  bmp.bits = 16;
  bmp.pixels = {0x1F, 0x7C, 0, 0};  // 5 bits each: red and blue full
  EXPECT_EQ(DecodedPixels(testing::EncodeBmp(bmp)), (ByteVector{255, 0, 255}));
  bmp.compression = 3;
  bmp.before_pixels = {0, 0xF8, 0, 0, 0xE0, 7, 0, 0, 0x1F, 0, 0, 0};  // 5, 6, 5 bits
  bmp.pixels = {0xE0, 7, 0, 0};
  EXPECT_EQ(DecodedPixels(testing::EncodeBmp(bmp)), (ByteVector{0, 255, 0}));

  testing::BmpParts wide;
  wide.bits = 32;
  wide.before_pixels.assign(40, 9);  // a gap
  wide.pixels = {30, 20, 10, 0};
  EXPECT_EQ(DecodedPixels(testing::EncodeBmp(wide)), (ByteVector{10, 20, 30}));
  wide.compression = 3;
  wide.header_size = 56;
  wide.header_rest = {0, 0, 0xFF, 0, 0, 0xFF, 0, 0, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF};
  wide.pixels = {0, 100, 255, 128};
  EXPECT_EQ(DecodedPixels(testing::EncodeBmp(wide)), (ByteVector{255, 177, 127}));
}

TEST(DecodeTest, JpegGreyColourAndProgressive) {
  testing::JpegParts parts;
  EXPECT_EQ(DecodedPixels(testing::EncodeJpeg(parts)), ByteVector(768, 128));
  parts.components = 3;
  EXPECT_EQ(DecodedPixels(testing::EncodeJpeg(parts)), ByteVector(768, 128));
  parts.sampling = 0x22;
  parts.width = 33;
  parts.height = 1;
  EXPECT_EQ(DecodedPixels(testing::EncodeJpeg(parts)), ByteVector(99, 128));
  parts.frame_marker = 0xC2;
  EXPECT_EQ(DecodedPixels(testing::EncodeJpeg(parts)), ByteVector(99, 128));
  ByteVector trailing = testing::EncodeJpeg(parts);
  trailing.resize(trailing.size() + 1000, 0xFF);
  EXPECT_EQ(DecodedPixels(trailing), ByteVector(99, 128));
}

TEST(DecodeTest, HeaderAlone) {
  const ByteVector png = testing::EncodePng(testing::PatternImage(9, 4));
  const Result<ImageInfo> info = ReadImageInfo(png, {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->format, ImageFormat::kPng);
  EXPECT_EQ(info->width, 9);
  EXPECT_EQ(info->height, 4);
  EXPECT_EQ(info->orientation, 1);
  // The header suffices: the rest may be missing.
  EXPECT_TRUE(ReadImageInfo(Bytes(png).first(40), {}).ok());
  EXPECT_EQ(ReadImageInfo(testing::EncodeBmp(testing::PatternImage(9, 4)), {})->format,
            ImageFormat::kBmp);
  EXPECT_EQ(ReadImageInfo(testing::EncodeJpeg({}), {})->format, ImageFormat::kJpeg);
}

TEST(DecodeTest, WhatIsNoImageIsNamed) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "the file is empty"},
      {"\n <!DOCTYPE html><title>404</title>", "a web page"},
      {std::string("RIFF\0\0\0\0WEBPVP8 ", 16), "a WebP picture"},
      {std::string("\0\0\0\x1c"
                   "ftypavif",
                   12),
       "an AVIF picture"},
      {std::string("\0\0\0\x1c"
                   "ftypheic",
                   12),
       "a HEIC picture"},
      {std::string("\0\0\0\x1c"
                   "ftypisom",
                   12),
       "a film"},
      {"GIF89a", "a GIF picture"},
      {std::string("II*\0\1", 5), "a TIFF picture"},
      {std::string("MM\0*\1", 5), "a TIFF picture"},
      {"<?xml version='1.0'?>\n<svg xmlns=''/>", "an SVG drawing"},
      {"%PDF-1.7", "a PDF document"},
      {"PK\3\4", "a zip archive"},
      {std::string("\x40\0\0\0\0\0\0\0{\"__metadata__\":{}", 25), "a safetensors model"},
      {"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"},
      {"hello", "this is text"},
      {"\x01\x02\x03", "the bytes are no picture"},
  };
  for (const auto& [bytes, expected] : cases) {
    const Error error = Refusal(AsBytes(bytes));
    EXPECT_EQ(error.code, ErrorCode::kNotAnImage) << expected;
    EXPECT_NE(error.message.find(expected), std::string::npos) << error.message;
  }
}

TEST(DecodeTest, UnsupportedKindsAreNamed) {
  testing::JpegParts twelve_bits, arithmetic, lossless, hierarchical, two_components, no_height,
      uneven;
  twelve_bits.bits = 12;
  arithmetic.frame_marker = 0xC9;
  lossless.frame_marker = 0xC3;
  hierarchical.frame_marker = 0xC5;
  two_components.components = 2;
  no_height.height = 0;
  uneven.components = 3;
  uneven.sampling = 0x32;
  for (const testing::JpegParts& parts :
       {twelve_bits, arithmetic, lossless, hierarchical, two_components, no_height}) {
    EXPECT_EQ(Refusal(testing::EncodeJpeg(parts)).code, ErrorCode::kUnsupportedImage);
  }
  EXPECT_TRUE(DecodeImage(testing::EncodeJpeg(uneven)).ok());  // 3x2 blocks to 1x1

  testing::BmpParts run_length, embedded, os2;
  run_length.bits = 8;
  run_length.compression = 1;
  embedded.compression = 5;
  os2.header_size = 64;
  os2.pixels.resize(64);
  for (testing::BmpParts parts : {run_length, embedded, os2}) {
    EXPECT_EQ(Refusal(testing::EncodeBmp(parts)).code, ErrorCode::kUnsupportedImage);
  }
  ByteVector apple = testing::EncodePng(testing::PatternImage(2, 2));
  const ByteVector chunk = testing::PngChunk("CgBI", ByteVector(4));
  apple.insert(apple.begin() + 8, chunk.begin(), chunk.end());
  EXPECT_EQ(Refusal(apple).code, ErrorCode::kUnsupportedImage);
  EXPECT_EQ(Refusal(OnePixelPng(8, 0, {1}, testing::PngChunk("ABCD", {}))).code,
            ErrorCode::kUnsupportedImage);
  EXPECT_TRUE(DecodeImage(OnePixelPng(8, 0, {1}, testing::PngChunk("abCd", {}))).ok());
}

TEST(DecodeTest, ManyRestartsAndNotesAreFine) {
  testing::JpegParts parts;
  for (int i = 0; i < 300; ++i) {
    const ByteVector note = testing::JpegSegment(i % 2 == 0 ? 0xFE : 0xE2, ByteVector(60, 0xFF));
    parts.before_frame.insert(parts.before_frame.end(), note.begin(), note.end());
  }
  EXPECT_TRUE(DecodeImage(testing::EncodeJpeg(parts)).ok());
}

}  // namespace
}  // namespace resnet
