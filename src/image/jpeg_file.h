// JpegFile: what a JPEG's markers say, checked before any pixel is decoded.
//
// stb_image decodes what it is given for as long as it takes and fills what is missing with grey.
// So the walk over the markers finds, in one pass over the bytes: the size, kinds that are not
// supported, files that end early, and files built to take long.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_JPEG_FILE_H_
#define RESNET_IMAGE_JPEG_FILE_H_

#include <array>

#include "base/bytes.h"
#include "base/result.h"

namespace resnet {

struct JpegComponent {
  uint8_t id = 0;
  int horizontal = 1;  ///< sampling factors, 1..4
  int vertical = 1;
};

struct JpegHeader {
  int width = 0;
  int height = 0;
  int orientation = 1;
  bool progressive = false;
  int component_count = 0;
  std::array<JpegComponent, 4> components;
  size_t first_scan = 0;  ///< where the marker of the first scan lies
};

bool IsJpeg(Bytes bytes);

/// Everything up to the first scan. Errors: kTruncated (ends early, or damaged), kUnsupportedImage
/// (arithmetic coding, 12 bits, lossless, hierarchical, height not in the header), kNotAnImage (a
/// side of 0).
Result<JpegHeader> ReadJpegHeader(Bytes bytes);

/// The rest of the file, to its end marker. Errors: kTruncated (no end marker, scans missing, fewer
/// bits than blocks), kUnsupportedImage (more scans or segments than anything but an attack has).
Status CheckJpegScans(Bytes bytes, const JpegHeader& header);

}  // namespace resnet

#endif  // RESNET_IMAGE_JPEG_FILE_H_
