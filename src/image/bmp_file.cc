// See bmp_file.h.
//
// SPDX-License-Identifier: MIT
#include "image/bmp_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "base/strings.h"

namespace resnet {
namespace {

constexpr size_t kFileHeaderSize = 14;
constexpr uint32_t kCoreHeaderSize =
    12;  // the oldest: 16-bit sides, palette entries of three bytes
constexpr uint32_t kInfoHeaderSize = 40;
constexpr uint32_t kNoCompression = 0, kBitFields = 3, kAlphaBitFields = 6;
// Whether they belong to the header (from 52 bytes on) or follow it, the masks stand here.
constexpr size_t kMasks = kFileHeaderSize + kInfoHeaderSize;

Error EndsEarly() { return Error{ErrorCode::kTruncated, "the BMP ends before its last row"}; }

Error Impossible(std::string_view what) {
  return Error{ErrorCode::kNotAnImage, StrCat("the BMP's header is impossible: ", what)};
}

Error Unsupported(std::string_view what) {
  return Error{ErrorCode::kUnsupportedImage, StrCat("this BMP ", what, ", which is not supported")};
}

bool IsOneOf(uint32_t value, std::initializer_list<uint32_t> values) {
  return std::ranges::find(values, value) != values.end();
}

Status ReadSides(ByteReader& reader, uint32_t header_size, BmpHeader& header) {
  int64_t width = 0, height = 0;
  if (header_size == kCoreHeaderSize) {
    width = reader.Read<uint16_t>().value_or(0);
    height = reader.Read<uint16_t>().value_or(0);
  } else {
    width = static_cast<int32_t>(reader.Read<uint32_t>().value_or(0));
    height = static_cast<int32_t>(reader.Read<uint32_t>().value_or(0));
  }
  if (width < 1 || height == 0 || height == INT32_MIN) {
    return Impossible(StrCat(width, "x", height, " pixels"));
  }
  header.width = static_cast<int>(width);
  header.height = static_cast<int>(std::abs(height));
  header.from_top = height < 0;
  return {};
}

Status ReadMasks(Bytes bytes, uint32_t header_size, uint32_t compression, BmpHeader& header) {
  if (compression == kNoCompression) {
    header.masks = {0xFF0000, 0xFF00, 0xFF, 0};
    if (header.bits == 16) header.masks = {0x7C00, 0x3E0, 0x1F, 0};
    return {};
  }
  ByteReader reader(bytes);
  if (!reader.Seek(kMasks)) return EndsEarly();
  const bool has_alpha = header_size >= 56 || compression == kAlphaBitFields;
  for (size_t i = 0; i < (has_alpha ? 4u : 3u); ++i) {
    const auto mask = reader.Read<uint32_t>();
    if (!mask) return EndsEarly();
    header.masks[i] = *mask;
  }
  return {};
}

void PlacePalette(uint32_t header_size, uint32_t colours_used, BmpHeader& header) {
  header.palette = kFileHeaderSize + header_size;
  header.palette_entry = header_size == kCoreHeaderSize ? 3 : 4;
  const size_t all = size_t{1} << header.bits;
  const size_t room = header.pixels > header.palette ? header.pixels - header.palette : 0;
  header.palette_size = colours_used == 0 ? all : std::min<size_t>(colours_used, all);
  header.palette_size = std::min(header.palette_size, room / header.palette_entry);
}

// Red, green, blue for each index.
using Palette = std::array<std::array<uint8_t, kChannels>, 256>;

Palette ReadPalette(Bytes bytes, const BmpHeader& header) {
  Palette palette{};
  ByteReader reader(bytes);
  reader.Seek(header.palette);
  for (size_t i = 0; i < header.palette_size; ++i) {
    const auto entry = reader.Take(header.palette_entry);
    if (!entry) break;
    palette[i] = {(*entry)[2], (*entry)[1], (*entry)[0]};
  }
  return palette;
}

// The masked part of `pixel`, stretched to 0..255.
uint8_t Sample(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  return static_cast<uint8_t>(uint64_t{(pixel & mask) >> shift} * 255 / (mask >> shift));
}

/// Turns one stored row into pixels of `channels` bytes.
class RowDecoder {
 public:
  RowDecoder(Bytes bytes, const BmpHeader& header)
      : header_(header), palette_(ReadPalette(bytes, header)) {}

  int channels() const { return header_.masks[3] != 0 ? 4 : kChannels; }

  void Decode(Bytes row, uint8_t* out) const {
    if (header_.bits <= 8) {
      DecodeIndices(row, out);
    } else if (header_.bits == 24) {
      for (size_t i = 0; i + 2 < row.size(); i += 3, out += kChannels) {
        std::copy_n(std::array{row[i + 2], row[i + 1], row[i]}.begin(), kChannels, out);
      }
    } else {
      DecodeMasked(row, out);
    }
  }

 private:
  void DecodeIndices(Bytes row, uint8_t* out) const {
    const int per_byte = 8 / header_.bits;
    const int mask = (1 << header_.bits) - 1;
    for (int x = 0; x < header_.width; ++x, out += kChannels) {
      const int shift = (per_byte - 1 - x % per_byte) * header_.bits;
      const int index = row[static_cast<size_t>(x / per_byte)] >> shift & mask;
      std::ranges::copy(palette_[static_cast<size_t>(index)], out);
    }
  }

  void DecodeMasked(Bytes row, uint8_t* out) const {
    ByteReader reader(row);
    for (int x = 0; x < header_.width; ++x) {
      const uint32_t pixel = header_.bits == 16 ? reader.Read<uint16_t>().value_or(0)
                                                : reader.Read<uint32_t>().value_or(0);
      for (int c = 0; c < channels(); ++c)
        *out++ = Sample(pixel, header_.masks[static_cast<size_t>(c)]);
    }
  }

  const BmpHeader& header_;
  Palette palette_;
};

}  // namespace

bool IsBmp(Bytes bytes) {
  // Two letters are weak evidence; the header's size, among those that exist, makes it strong.
  ByteReader reader(bytes);
  if (reader.Read<uint16_t>() != 0x4D42 || !reader.Seek(kFileHeaderSize)) return false;
  const auto size = reader.Read<uint32_t>();
  return !size || (*size >= kCoreHeaderSize && *size <= 124);
}

Result<BmpHeader> ReadBmpHeader(Bytes bytes) {
  ByteReader reader(bytes);
  if (!reader.Seek(10)) return EndsEarly();
  const auto pixels = reader.Read<uint32_t>();
  const auto header_size = reader.Read<uint32_t>();
  if (!pixels || !header_size || bytes.size() < kFileHeaderSize + *header_size) return EndsEarly();
  if (!IsOneOf(*header_size, {kCoreHeaderSize, kInfoHeaderSize, 52, 56, 108, 124})) {
    return Unsupported(StrCat("has a header of ", *header_size, " bytes"));
  }
  BmpHeader header;
  header.pixels = *pixels;
  RESNET_RETURN_IF_ERROR(ReadSides(reader, *header_size, header));
  reader.Take(2);  // planes, always 1
  const uint32_t bits = reader.Read<uint16_t>().value_or(0);
  uint32_t compression = kNoCompression, colours_used = 0;
  if (*header_size != kCoreHeaderSize) {
    compression = reader.Read<uint32_t>().value_or(0);
    reader.Take(12);  // size of the pixels, pixels per metre
    colours_used = reader.Read<uint32_t>().value_or(0);
  }
  if (!IsOneOf(bits, {1, 4, 8, 16, 24, 32}))
    return Unsupported(StrCat("has ", bits, " bits per pixel"));
  header.bits = static_cast<int>(bits);
  if (compression == 1 || compression == 2) return Unsupported("is run-length coded");
  const bool masked =
      (compression == kBitFields || compression == kAlphaBitFields) && IsOneOf(bits, {16, 32});
  if (compression != kNoCompression && !masked) return Unsupported("is compressed");
  RESNET_RETURN_IF_ERROR(ReadMasks(bytes, *header_size, compression, header));
  if (bits <= 8) PlacePalette(*header_size, colours_used, header);
  return header;
}

Result<Image> DecodeBmp(Bytes bytes, const BmpHeader& header) {
  const auto width = static_cast<uint64_t>(header.width);
  const auto height = static_cast<uint64_t>(header.height);
  const uint64_t row_bytes = (width * static_cast<uint64_t>(header.bits) + 7) / 8;
  const uint64_t stride = (row_bytes + 3) / 4 * 4;
  // The last row may lack its padding.
  ByteReader reader(bytes);
  if (!reader.Seek(header.pixels) || reader.remaining() < stride * (height - 1) + row_bytes)
    return EndsEarly();

  const RowDecoder decoder(bytes, header);
  const uint64_t out_stride = width * static_cast<uint64_t>(decoder.channels());
  RESNET_ASSIGN_OR_RETURN(auto pixels, Buffer<uint8_t>::Allocate(out_stride * height));
  for (uint64_t y = 0; y < height; ++y) {
    const uint64_t to = header.from_top ? y : height - 1 - y;
    const size_t from = header.pixels + static_cast<size_t>(y * stride);
    decoder.Decode(bytes.subspan(from, static_cast<size_t>(row_bytes)),
                   pixels.data() + to * out_stride);
  }
  return CopyPixels({pixels.span(), header.width, header.height, decoder.channels()});
}

}  // namespace resnet
