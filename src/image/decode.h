// Decoding: JPEG, PNG and BMP bytes to an Image, with limits that are checked before anything is
// allocated.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_DECODE_H_
#define RESNET_IMAGE_DECODE_H_

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"

namespace resnet {

/// What to do with the orientation that a camera wrote into the EXIF block.
enum class Orientation { kApply, kIgnore };

struct DecodeOptions {
  uint64_t max_bytes = 64ull << 20;
  uint64_t max_pixels = 100'000'000;  ///< width times height, from the header
  Orientation orientation = Orientation::kApply;
};

enum class ImageFormat { kJpeg, kPng, kBmp };

/// What the header says.
struct ImageInfo {
  ImageFormat format;
  int width;  ///< as stored, before orientation
  int height;
  int orientation;  ///< EXIF 1..8; 1 where there is none or it is not valid
};

/// Reads the header alone. Errors as DecodeImage, but for those found only in the pixel data.
Result<ImageInfo> ReadImageInfo(Bytes bytes, const DecodeOptions& options);

/// The picture, upright (unless told otherwise), grey and palette widened, 16 bits reduced to 8,
/// alpha laid over white, CMYK and YCCK JPEGs converted as stb_image does.
///
/// Errors: kImageTooLarge (limits), kNotAnImage (what it is instead, where that can be told: empty,
/// a web page, WebP, AVIF, HEIC, GIF, TIFF, SVG, PDF...; or a header with impossible values),
/// kUnsupportedImage (arithmetic coding, 12 bits, lossless JPEG), kTruncated (the file ends early,
/// or its data are damaged: a picture that is half grey would be classified as if it were whole),
/// kOutOfMemory.
Result<Image> DecodeImage(Bytes bytes, const DecodeOptions& options = {});

}  // namespace resnet

#endif  // RESNET_IMAGE_DECODE_H_
