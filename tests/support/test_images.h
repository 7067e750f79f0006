// Pictures made in code, so that the image tests mean something without test data: small encoders,
// and every switch that a test needs to make a file wrong.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_SUPPORT_TEST_IMAGES_H_
#define RESNET_TESTS_SUPPORT_TEST_IMAGES_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "image/image.h"

namespace resnet::testing {

using ByteVector = std::vector<uint8_t>;

/// Gradients with hard edges; the same picture as in tests/references/make_resize_golden.py.
Image PatternImage(int width, int height);

/// Every pixel of that colour.
Image PlainImage(int width, int height, uint8_t red, uint8_t green, uint8_t blue);

/// The width, the height and the pixels are equal.
bool SamePicture(const Image& a, const Image& b);

/// The 64-bit FNV-1a checksum.
uint64_t Checksum(Bytes bytes);

/// One PNG chunk with its length and checksum.
ByteVector PngChunk(std::string_view type, Bytes data);

/// A PNG in pieces: signature, IHDR, `before_data` (whole chunks), one IDAT with stored
/// (uncompressed) blocks, IEND.
struct PngParts {
  uint32_t width = 1;
  uint32_t height = 1;
  uint8_t bits = 8;
  uint8_t colour_type = 2;  ///< 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
  ByteVector before_data;
  ByteVector rows;        ///< packed samples, without filter bytes
  ByteVector compressed;  ///< in place of `rows`: a zlib stream
};
ByteVector EncodePng(const PngParts& parts);
ByteVector EncodePng(const Image& image);

/// A zlib stream that inflates to 1 + 258 * `runs` zeros, 158 times its size.
ByteVector ZlibBomb(size_t runs);

/// A PNG of grey 1-bit pixels, all black, of any size: 12000x12000 takes 18 MB.
ByteVector BlackPng(uint32_t width, uint32_t height);

/// Recomputes the checksum of every chunk, as far as the chunks can be walked over.
void MendPngChecksums(ByteVector& png);

/// A 24-bit BMP.
ByteVector EncodeBmp(const Image& image, bool from_top = false);

/// A BMP in pieces: file header, the header after it, whatever follows, pixels.
struct BmpParts {
  int32_t width = 1;
  int32_t height = 1;  ///< negative: rows from the top
  uint16_t bits = 24;
  uint32_t compression = 0;
  uint32_t colours_used = 0;
  uint32_t header_size = 40;
  ByteVector header_rest;    ///< what a header of more than 40 bytes has after those
  ByteVector before_pixels;  ///< masks, palette, a gap
  ByteVector pixels;
};
ByteVector EncodeBmp(const BmpParts& parts);

/// A grey JPEG, every pixel 128, made of segments that a test can bend.
struct JpegParts {
  uint16_t width = 16;
  uint16_t height = 16;
  uint8_t frame_marker = 0xC0;
  uint8_t bits = 8;
  uint8_t components = 1;
  uint8_t sampling = 0x11;  ///< of the first component
  int scans = 1;
  ByteVector before_frame;  ///< whole segments
  bool data_too_short = false;
  bool end_marker = true;
};
ByteVector EncodeJpeg(const JpegParts& parts);

/// A JPEG segment with its length.
ByteVector JpegSegment(uint8_t marker, Bytes data);

/// An EXIF block (from "II" or "MM" on) whose directory holds the orientation among other entries.
ByteVector ExifBlock(uint16_t orientation, ByteOrder order);

/// The APP1 segment with that block.
ByteVector ExifSegment(uint16_t orientation);

}  // namespace resnet::testing

#endif  // RESNET_TESTS_SUPPORT_TEST_IMAGES_H_
