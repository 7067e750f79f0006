// See test_images.h.
//
// SPDX-License-Identifier: MIT
#include "support/test_images.h"

#include <algorithm>
#include <utility>

namespace resnet::testing {
namespace {

void Append(ByteVector& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void AppendText(ByteVector& out, std::string_view text) { Append(out, AsBytes(text)); }

void AppendNumber(ByteVector& out, uint64_t number, int bytes, ByteOrder order) {
  for (int i = 0; i < bytes; ++i) {
    const int shift = order == ByteOrder::kLittle ? i : bytes - 1 - i;
    out.push_back(static_cast<uint8_t>(number >> (8 * shift)));
  }
}

void AppendBig(ByteVector& out, uint64_t number, int bytes) {
  AppendNumber(out, number, bytes, ByteOrder::kBig);
}

void AppendLittle(ByteVector& out, uint64_t number, int bytes) {
  AppendNumber(out, number, bytes, ByteOrder::kLittle);
}

uint32_t Crc32(Bytes bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
  }
  return ~crc;
}

// A zlib stream of stored blocks. The checksum at its end is left 0: no reader that we know looks
// at it.
ByteVector StoredZlib(Bytes data) {
  constexpr size_t kMostInBlock = 65535;
  ByteVector out = {0x78, 0x01};
  do {
    const Bytes block = data.first(std::min(data.size(), kMostInBlock));
    data = data.subspan(block.size());
    out.push_back(data.empty() ? 1 : 0);
    AppendLittle(out, block.size(), 2);
    AppendLittle(out, ~block.size(), 2);
    Append(out, block);
  } while (!data.empty());
  AppendBig(out, 0, 4);
  return out;
}

size_t ChannelsOf(uint8_t colour_type) {
  constexpr size_t kChannelsOf[] = {1, 1, 3, 1, 2, 1, 4};
  return kChannelsOf[colour_type];
}

}  // namespace

Image PatternImage(int width, int height) {
  Image image = Image::Create(width, height).value();
  // Unsigned, because a long side squared overflows; the bits that are used are right all the same.
  for (uint32_t y = 0; y < static_cast<uint32_t>(height); ++y) {
    uint8_t* out = image.row(static_cast<int>(y));
    for (uint32_t x = 0; x < static_cast<uint32_t>(width); ++x) {
      for (uint32_t c = 0; c < kChannels; ++c) {
        const uint32_t bent = (x * x * 31 + y * y * 17 + x * y * 3 + c * 101) >> 3;
        *out++ = static_cast<uint8_t>(x * 7 + y * 13 + c * 50 + bent);
      }
    }
  }
  return image;
}

Image PlainImage(int width, int height, uint8_t red, uint8_t green, uint8_t blue) {
  Image image = Image::Create(width, height).value();
  for (size_t i = 0; i < image.pixels.size(); i += kChannels) {
    image.pixels[i] = red;
    image.pixels[i + 1] = green;
    image.pixels[i + 2] = blue;
  }
  return image;
}

bool SamePicture(const Image& a, const Image& b) {
  return a.width == b.width && a.height == b.height &&
         std::ranges::equal(a.pixels.span(), b.pixels.span());
}

uint64_t Checksum(Bytes bytes) {
  uint64_t sum = 0xCBF29CE484222325;
  for (const uint8_t byte : bytes) sum = (sum ^ byte) * 0x100000001B3;
  return sum;
}

ByteVector PngChunk(std::string_view type, Bytes data) {
  ByteVector out;
  AppendBig(out, data.size(), 4);
  AppendText(out, type);
  Append(out, data);
  AppendBig(out, Crc32(Bytes(out).subspan(4)), 4);
  return out;
}

ByteVector EncodePng(const PngParts& parts) {
  ByteVector header;
  AppendBig(header, parts.width, 4);
  AppendBig(header, parts.height, 4);
  for (const uint8_t byte : {parts.bits, parts.colour_type, uint8_t{0}, uint8_t{0}, uint8_t{0}}) {
    header.push_back(byte);
  }
  const size_t row_bytes = (parts.width * ChannelsOf(parts.colour_type) * parts.bits + 7) / 8;
  ByteVector filtered;
  for (size_t at = 0; at + row_bytes <= parts.rows.size() && row_bytes > 0; at += row_bytes) {
    filtered.push_back(0);
    Append(filtered, Bytes(parts.rows).subspan(at, row_bytes));
  }
  ByteVector out;
  AppendText(out, "\x89PNG\r\n\x1A\n");
  Append(out, PngChunk("IHDR", header));
  Append(out, parts.before_data);
  Append(out, PngChunk("IDAT", parts.compressed.empty() ? StoredZlib(filtered) : parts.compressed));
  Append(out, PngChunk("IEND", {}));
  return out;
}

ByteVector EncodePng(const Image& image) {
  PngParts parts;
  parts.width = static_cast<uint32_t>(image.width);
  parts.height = static_cast<uint32_t>(image.height);
  parts.rows.assign(image.pixels.begin(), image.pixels.end());
  return EncodePng(parts);
}

ByteVector ZlibBomb(size_t runs) {
  ByteVector out = {0x78, 0x01};
  int used = 0;  // bits of the last byte
  const auto put = [&](std::string_view bits) {
    for (const char bit : bits) {
      if (used == 0) out.push_back(0);
      if (bit == '1') out.back() = static_cast<uint8_t>(out.back() | 1 << used);
      used = (used + 1) % 8;
    }
  };
  put("1"
      "10");        // the last block, with fixed codes
  put("00110000");  // a zero
  for (size_t i = 0; i < runs; ++i)
    put("11000101"
        "00000");  // 258 bytes from one byte back
  put("0000000");  // end
  AppendBig(out, 0, 4);
  return out;
}

ByteVector BlackPng(uint32_t width, uint32_t height) {
  PngParts parts;
  parts.width = width;
  parts.height = height;
  parts.bits = 1;
  parts.colour_type = 0;
  parts.rows.resize((size_t{width} + 7) / 8 * height);
  return EncodePng(parts);
}

void MendPngChecksums(ByteVector& png) {
  ByteReader reader(png, ByteOrder::kBig);
  reader.Seek(8);
  while (true) {
    const size_t start = reader.position();
    const auto length = reader.Read<uint32_t>();
    if (!length || !reader.Take(uint64_t{*length} + 4) || reader.remaining() < 4) return;
    ByteVector sum;
    AppendBig(sum, Crc32(Bytes(png).subspan(start + 4, size_t{*length} + 4)), 4);
    std::ranges::copy(sum, png.begin() + static_cast<ptrdiff_t>(reader.position()));
    reader.Take(4);
  }
}

ByteVector EncodeBmp(const BmpParts& parts) {
  ByteVector out;
  AppendText(out, "BM");
  const size_t start = 14 + 40 + parts.header_rest.size() + parts.before_pixels.size();
  AppendLittle(out, start + parts.pixels.size(), 4);
  AppendLittle(out, 0, 4);
  AppendLittle(out, start, 4);
  AppendLittle(out, parts.header_size, 4);
  AppendLittle(out, static_cast<uint32_t>(parts.width), 4);
  AppendLittle(out, static_cast<uint32_t>(parts.height), 4);
  AppendLittle(out, 1, 2);
  AppendLittle(out, parts.bits, 2);
  AppendLittle(out, parts.compression, 4);
  out.resize(out.size() + 12);  // size of the pixels, pixels per metre
  AppendLittle(out, parts.colours_used, 4);
  AppendLittle(out, 0, 4);
  Append(out, parts.header_rest);
  Append(out, parts.before_pixels);
  Append(out, parts.pixels);
  return out;
}

ByteVector EncodeBmp(const Image& image, bool from_top) {
  BmpParts parts;
  parts.width = image.width;
  parts.height = from_top ? -image.height : image.height;
  for (int i = 0; i < image.height; ++i) {
    const uint8_t* row = image.row(from_top ? i : image.height - 1 - i);
    for (int x = 0; x < image.width; ++x) {
      for (int c = 2; c >= 0; --c) parts.pixels.push_back(row[x * kChannels + c]);
    }
    while (parts.pixels.size() % 4 != 0) parts.pixels.push_back(0);
  }
  return EncodeBmp(parts);
}

ByteVector JpegSegment(uint8_t marker, Bytes data) {
  ByteVector out = {0xFF, marker};
  AppendBig(out, data.size() + 2, 2);
  Append(out, data);
  return out;
}

namespace {

// Every quantiser 1; the tables for means and for details hold one code each, a single 0 bit: "no
// change" and "no more".
void AppendTables(ByteVector& out) {
  ByteVector quantization(65, 1);
  quantization[0] = 0;
  Append(out, JpegSegment(0xDB, quantization));
  for (const uint8_t table : {uint8_t{0x00}, uint8_t{0x10}}) {
    ByteVector codes(18, 0);
    codes[0] = table;
    codes[1] = 1;
    Append(out, JpegSegment(0xC4, codes));
  }
}

void AppendFrame(ByteVector& out, const JpegParts& parts) {
  ByteVector frame = {parts.bits};
  AppendBig(frame, parts.height, 2);
  AppendBig(frame, parts.width, 2);
  frame.push_back(parts.components);
  for (uint8_t c = 0; c < parts.components; ++c) {
    const uint8_t sampling = c == 0 ? parts.sampling : uint8_t{0x11};
    Append(frame, ByteVector{static_cast<uint8_t>(c + 1), sampling, 0});
  }
  Append(out, JpegSegment(parts.frame_marker, frame));
}

// One scan of all components: two bits for each block of a sequential file, one for the means of a
// progressive one.
void AppendScan(ByteVector& out, const JpegParts& parts) {
  const bool progressive = parts.frame_marker == 0xC2;
  ByteVector header = {parts.components};
  for (uint8_t c = 0; c < parts.components; ++c)
    Append(header, ByteVector{static_cast<uint8_t>(c + 1), 0});
  Append(header, ByteVector{0, static_cast<uint8_t>(progressive ? 0 : 63), 0});
  Append(out, JpegSegment(0xDA, header));
  const size_t blocks_x = (parts.width + size_t{7}) / 8, blocks_y = (parts.height + size_t{7}) / 8;
  const auto luma = static_cast<size_t>((parts.sampling >> 4) * (parts.sampling & 15));
  const size_t bits = blocks_x * blocks_y * (luma + parts.components) * (progressive ? 1 : 2);
  out.resize(out.size() + (parts.data_too_short ? 1 : (bits + 7) / 8), 0);
}

}  // namespace

ByteVector EncodeJpeg(const JpegParts& parts) {
  ByteVector out = {0xFF, 0xD8};
  Append(out, parts.before_frame);
  AppendTables(out);
  AppendFrame(out, parts);
  for (int i = 0; i < parts.scans; ++i) AppendScan(out, parts);
  if (parts.end_marker) Append(out, ByteVector{0xFF, 0xD9});
  return out;
}

ByteVector ExifBlock(uint16_t orientation, ByteOrder order) {
  ByteVector out;
  AppendText(out, order == ByteOrder::kLittle ? "II" : "MM");
  AppendNumber(out, 42, 2, order);
  AppendNumber(out, 8, 4, order);  // where the directory is
  AppendNumber(out, 3, 2, order);  // entries
  const std::pair<uint16_t, uint16_t> entries[] = {
      {0x0100, 640}, {0x0112, orientation}, {0x0115, 3}};
  for (const auto& [tag, value] : entries) {
    AppendNumber(out, tag, 2, order);
    AppendNumber(out, 3, 2, order);  // 16 bits
    AppendNumber(out, 1, 4, order);
    AppendNumber(out, value, 2, order);
    AppendNumber(out, 0, 2, order);
  }
  AppendNumber(out, 0, 4, order);  // no further directory
  return out;
}

ByteVector ExifSegment(uint16_t orientation) {
  ByteVector data;
  AppendText(data, std::string_view("Exif\0\0", 6));
  Append(data, ExifBlock(orientation, ByteOrder::kBig));
  return JpegSegment(0xE1, data);
}

}  // namespace resnet::testing
