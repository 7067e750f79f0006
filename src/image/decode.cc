// See decode.h.
//
// Every format goes the same way: read the header, hold it against the limits, check what stb_image
// does not, decode, widen to RGB, turn upright.
//
// SPDX-License-Identifier: MIT
#include "image/decode.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/strings.h"
#include "image/bmp_file.h"
#include "image/foreign.h"
#include "image/jpeg_file.h"
#include "image/orientation.h"
#include "image/png_file.h"
#include "image/stb_image_impl.h"
#include "stb_image.h"

namespace resnet {
namespace {

// Longer than any camera's, and short enough for a side times a resize to fit into an int.
constexpr int kMaxSide = 1'000'000;

struct FreePixels {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

/// A picture that is about to be decoded.
struct Source {
  ImageInfo info;
  Bytes bytes;
  uint64_t working_bytes = 0;  ///< the most that stb_image may allocate in one piece
  Buffer<uint8_t> mended;      ///< what `bytes` points into, where the file had to be changed
  BmpHeader bmp;               ///< for BMP alone
};

Status CheckBytes(Bytes bytes, const DecodeOptions& options) {
  // stb_image counts bytes in an int.
  const uint64_t most = std::min<uint64_t>(options.max_bytes, INT_MAX);
  if (bytes.size() <= most) return {};
  return Error{ErrorCode::kImageTooLarge, StrCat("the file has ", ByteCount(bytes.size()),
                                                 ", the limit is ", ByteCount(most))};
}

Status CheckSides(const ImageInfo& info, const DecodeOptions& options) {
  const uint64_t pixels = static_cast<uint64_t>(info.width) * static_cast<uint64_t>(info.height);
  if (pixels <= options.max_pixels && info.width <= kMaxSide && info.height <= kMaxSide) return {};
  return Error{ErrorCode::kImageTooLarge,
               StrCat("the picture has ", info.width, "x", info.height, " pixels, the limit is ",
                      options.max_pixels, " pixels and sides of ", kMaxSide)};
}

Error NotAnImage(Bytes bytes) {
  const std::string_view kind = DescribeForeign(bytes);
  const std::string found = kind == "empty" ? "the file is empty"
                            : kind.empty()  ? "the bytes are no picture"
                                            : StrCat("this is ", kind);
  return Error{ErrorCode::kNotAnImage, StrCat(found, "; a JPEG, PNG or BMP was expected")};
}

Result<Source> OpenJpeg(Bytes bytes, const DecodeOptions& options, bool whole) {
  RESNET_ASSIGN_OR_RETURN(const JpegHeader header, ReadJpegHeader(bytes));
  Source source;
  source.info = {ImageFormat::kJpeg, header.width, header.height, header.orientation};
  source.bytes = bytes;
  RESNET_RETURN_IF_ERROR(CheckSides(source.info, options));
  if (whole) RESNET_RETURN_IF_ERROR(CheckJpegScans(bytes, header));
  // A component in whole units of up to 32x32 pixels, two bytes per coefficient; or the result,
  // three bytes per pixel.
  const auto width = static_cast<uint64_t>(header.width);
  const auto height = static_cast<uint64_t>(header.height);
  source.working_bytes = 3 * (width + 32) * (height + 32);
  return source;
}

Result<Source> OpenPng(Bytes bytes, const DecodeOptions& options, bool whole) {
  RESNET_ASSIGN_OR_RETURN(const PngHeader header, ReadPngHeader(bytes));
  Source source;
  source.info = {ImageFormat::kPng, header.width, header.height, header.orientation};
  source.bytes = bytes;
  RESNET_RETURN_IF_ERROR(CheckSides(source.info, options));
  if (!whole) return source;
  RESNET_RETURN_IF_ERROR(CheckPngChunks(bytes));
  RESNET_ASSIGN_OR_RETURN(source.mended, FillPalette(bytes, header));
  if (!source.mended.empty()) source.bytes = source.mended.span();
  // stb collects the data chunks in a buffer that doubles.
  source.working_bytes = std::max<uint64_t>(PngWorkingBytes(header), 2 * uint64_t{bytes.size()});
  return source;
}

Result<Source> OpenBmp(Bytes bytes, const DecodeOptions& options) {
  Source source;
  RESNET_ASSIGN_OR_RETURN(source.bmp, ReadBmpHeader(bytes));
  source.info = {ImageFormat::kBmp, source.bmp.width, source.bmp.height, kUpright};
  source.bytes = bytes;
  RESNET_RETURN_IF_ERROR(CheckSides(source.info, options));
  return source;
}

// `whole`: check the rest of the file too, for decoding.
Result<Source> Open(Bytes bytes, const DecodeOptions& options, bool whole) {
  RESNET_RETURN_IF_ERROR(CheckBytes(bytes, options));
  if (IsJpeg(bytes)) return OpenJpeg(bytes, options, whole);
  if (IsPng(bytes)) return OpenPng(bytes, options, whole);
  if (IsBmp(bytes)) return OpenBmp(bytes, options);
  return NotAnImage(bytes);
}

Error StbError(ImageFormat format) {
  const char* text = stbi_failure_reason();
  const std::string_view reason = text == nullptr ? "unknown reason" : text;
  const std::string_view name = format == ImageFormat::kJpeg ? "JPEG" : "PNG";
  if (resnet_stb_limit_was_hit() != 0) {
    return Error{ErrorCode::kImageTooLarge,
                 StrCat("the ", name, "'s data unpack to far more than its header says")};
  }
  if (reason == "outofmem") {
    return Error{ErrorCode::kOutOfMemory, StrCat("no memory to decode the ", name)};
  }
  if (reason == "too large") {
    return Error{ErrorCode::kImageTooLarge, StrCat("the ", name, " is too large to decode")};
  }
  return Error{ErrorCode::kTruncated, StrCat("the ", name, " is damaged: ", reason)};
}

// stb_image returns a JPEG that it gave up on halfway as a picture, but leaves the reason. There is
// always one, because the test for PNG comes first and fails.
bool GaveUpHalfway(ImageFormat format) {
  return format == ImageFormat::kJpeg && std::string_view(stbi_failure_reason()) != "bad png sig";
}

Result<Image> DecodeWithStb(const Source& source) {
  const bool jpeg = source.info.format == ImageFormat::kJpeg;
  // Some kilobytes for stb's own tables.
  resnet_stb_set_limit(
      static_cast<size_t>(std::min<uint64_t>(source.working_bytes + (64 << 10), SIZE_MAX)));
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, FreePixels> pixels(
      stbi_load_from_memory(source.bytes.data(), static_cast<int>(source.bytes.size()), &width,
                            &height, &channels, jpeg ? kChannels : 0));
  if (pixels == nullptr || GaveUpHalfway(source.info.format)) return StbError(source.info.format);
  if (width != source.info.width || height != source.info.height) {
    return Error{ErrorCode::kInternal, "the two readings of the picture's header differ"};
  }
  if (jpeg) channels = kChannels;
  const size_t size =
      static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels);
  return CopyPixels({Bytes(pixels.get(), size), width, height, channels});
}

}  // namespace

Result<ImageInfo> ReadImageInfo(Bytes bytes, const DecodeOptions& options) {
  RESNET_ASSIGN_OR_RETURN(const Source source, Open(bytes, options, /*whole=*/false));
  return source.info;
}

Result<Image> DecodeImage(Bytes bytes, const DecodeOptions& options) {
  RESNET_ASSIGN_OR_RETURN(const Source source, Open(bytes, options, /*whole=*/true));
  const bool bmp = source.info.format == ImageFormat::kBmp;
  RESNET_ASSIGN_OR_RETURN(Image image,
                          bmp ? DecodeBmp(source.bytes, source.bmp) : DecodeWithStb(source));
  if (options.orientation == Orientation::kIgnore) return image;
  return ApplyOrientation(std::move(image), source.info.orientation);
}

}  // namespace resnet
