// BmpFile: Windows bitmaps without compression.
//
// Read here and not by stb_image, which loses the place in files with a gap before their pixels,
// takes the masks of 56-byte headers from the wrong bytes, reads zeros past the end of a file, and
// leaves colours that a palette lacks uninitialised.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_BMP_FILE_H_
#define RESNET_IMAGE_BMP_FILE_H_

#include <array>

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"

namespace resnet {

struct BmpHeader {
  int width = 0;
  int height = 0;
  bool from_top = false;     ///< the first row stored is the top one
  int bits = 0;              ///< per pixel: 1, 4, 8 (palette), 16, 24, 32
  size_t palette = 0;        ///< where it starts
  size_t palette_size = 0;   ///< in colours
  size_t palette_entry = 4;  ///< bytes for each, blue first
  std::array<uint32_t, 4>
      masks{};        ///< of red, green, blue, alpha in a pixel of 16 or 32 bits; 0: opaque
  size_t pixels = 0;  ///< where the first row starts
};

bool IsBmp(Bytes bytes);

/// Errors: kTruncated, kNotAnImage (impossible values), kUnsupportedImage (run-length coding,
/// embedded JPEG or PNG, headers of OS/2).
Result<BmpHeader> ReadBmpHeader(Bytes bytes);

/// The pixels. Whoever calls has held the header's sides against the limits. A colour that the
/// palette lacks is black. Errors: kTruncated, kOutOfMemory.
Result<Image> DecodeBmp(Bytes bytes, const BmpHeader& header);

}  // namespace resnet

#endif  // RESNET_IMAGE_BMP_FILE_H_
