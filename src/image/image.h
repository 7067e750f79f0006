// Image: 8-bit RGB pixels, the form in which every picture passes through the library.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_IMAGE_H_
#define RESNET_IMAGE_IMAGE_H_

#include <cstdint>

#include "base/buffer.h"

namespace resnet {

inline constexpr int kChannels = 3;

/// Pixels in rows from the top, three bytes (red, green, blue) each, without padding between rows.
struct Image {
  int width = 0;
  int height = 0;
  Buffer<uint8_t> pixels;  ///< height * width * 3

  /// An image whose pixels are not set yet. Errors: kBadArgument for a side below 1, kOutOfMemory.
  static Result<Image> Create(int width, int height);

  uint8_t* row(int y) {
    return pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * kChannels;
  }
  const uint8_t* row(int y) const {
    return pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * kChannels;
  }
};

/// Pixels that somebody else owns, as a canvas, a camera or a decoder gives them.
struct PixelView {
  Bytes pixels;
  int width = 0;
  int height = 0;
  int channels = 3;  ///< 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA); alpha is laid over white
};

/// A copy of `view` as RGB.
/// Errors: kBadArgument where the sizes do not match or a side is below 1, kOutOfMemory.
Result<Image> CopyPixels(const PixelView& view);

}  // namespace resnet

#endif  // RESNET_IMAGE_IMAGE_H_
