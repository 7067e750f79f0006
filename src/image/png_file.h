// PngFile: what a PNG's chunks say, checked before any pixel is decoded.
//
// stb_image does not check checksums, and leaves palette entries that the file does not define
// uninitialised.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_PNG_FILE_H_
#define RESNET_IMAGE_PNG_FILE_H_

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/result.h"

namespace resnet {

struct PngHeader {
  int width = 0;
  int height = 0;
  int orientation = 1;  ///< from an eXIf chunk
  int bits = 0;         ///< per sample: 1, 2, 4, 8 or 16
  int channels = 0;     ///< samples per pixel as stored: 1 for grey and palette, up to 4
  bool palette = false;
};

bool IsPng(Bytes bytes);

/// The header chunk, and the orientation wherever it stands.
/// Errors: kTruncated, kNotAnImage (impossible values), kUnsupportedImage (Apple's own variant).
Result<PngHeader> ReadPngHeader(Bytes bytes);

/// Every chunk, to the end mark. Errors: kTruncated (ends early, a wrong checksum),
/// kUnsupportedImage (a chunk that must be understood and is not).
Status CheckPngChunks(Bytes bytes);

/// The largest number of bytes that decoding may need in one piece: an honest file's data inflate
/// to less.
uint64_t PngWorkingBytes(const PngHeader& header);

/// Where the palette has fewer colours than its indices can name: a copy of the file whose palette
/// is filled up with black. Empty where there is no need. Errors: kOutOfMemory.
Result<Buffer<uint8_t>> FillPalette(Bytes bytes, const PngHeader& header);

}  // namespace resnet

#endif  // RESNET_IMAGE_PNG_FILE_H_
