// See png_file.h. Chunks: the PNG specification, third edition, sections 5 and 11.
//
// SPDX-License-Identifier: MIT
#include "image/png_file.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "image/orientation.h"

namespace resnet {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1A\n", 8);

constexpr uint32_t Type(std::string_view name) {
  uint32_t type = 0;
  for (const char c : name) type = type << 8 | static_cast<uint8_t>(c);
  return type;
}

struct Chunk {
  uint32_t type = 0;
  Bytes data;
  size_t position = 0;  // of the length before the type
};

// Upper-case first letter: a reader must understand it.
bool IsCritical(uint32_t type) { return (type & 0x20000000) == 0; }

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
    table[i] = crc;
  }
  return table;
}

uint32_t Crc32(Bytes bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = 0xFFFFFFFF;
  for (const uint8_t byte : bytes) crc = kTable[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

bool ChecksumIsRight([[maybe_unused]] Bytes bytes, [[maybe_unused]] const Chunk& chunk) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  return true;  // or no mutation would ever reach the decoder
#else
  const Bytes covered = bytes.subspan(chunk.position + 4, chunk.data.size() + 4);
  ByteReader reader(bytes, ByteOrder::kBig);
  reader.Seek(chunk.position + 8 + chunk.data.size());
  return reader.Read<uint32_t>() == Crc32(covered);
#endif
}

// The chunk at the reader; nothing where it does not fit into the bytes.
std::optional<Chunk> NextChunk(ByteReader& reader) {
  Chunk chunk;
  chunk.position = reader.position();
  const auto length = reader.Read<uint32_t>();
  const auto type = reader.Read<uint32_t>();
  const auto data = reader.Take(length.value_or(0));
  if (!length || !type || !data || !reader.Take(4)) return std::nullopt;
  chunk.type = *type;
  chunk.data = *data;
  return chunk;
}

ByteReader ChunkReader(Bytes bytes) {
  ByteReader reader(bytes, ByteOrder::kBig);
  reader.Seek(kSignature.size());
  return reader;
}

Error EndsEarly() { return Error{ErrorCode::kTruncated, "the PNG ends before its end mark"}; }

Error Impossible(std::string_view what) {
  return Error{ErrorCode::kNotAnImage, StrCat("the PNG's header is impossible: ", what)};
}

// Samples per pixel of the colour type, if it may have that many bits.
std::optional<int> ChannelsOf(int colour_type, int bits) {
  const bool byte_or_two = bits == 8 || bits == 16;
  const bool part_of_byte = bits == 1 || bits == 2 || bits == 4;
  if (colour_type == 0 && (byte_or_two || part_of_byte)) return 1;
  if (colour_type == 3 && (bits == 8 || part_of_byte)) return 1;
  if (colour_type == 2 && byte_or_two) return 3;
  if (colour_type == 4 && byte_or_two) return 2;
  if (colour_type == 6 && byte_or_two) return 4;
  return std::nullopt;
}

Result<PngHeader> ParseHeaderChunk(Bytes data) {
  ByteReader reader(data, ByteOrder::kBig);
  const uint32_t width = reader.Read<uint32_t>().value_or(0);
  const uint32_t height = reader.Read<uint32_t>().value_or(0);
  const int bits = reader.Read<uint8_t>().value_or(0);
  const int colour_type = reader.Read<uint8_t>().value_or(0);
  if (data.size() != 13) return Impossible(StrCat(data.size(), " bytes, 13 were expected"));
  constexpr uint32_t kMost = 0x7FFFFFFF;
  if (width == 0 || height == 0 || width > kMost || height > kMost) {
    return Impossible(StrCat(width, "x", height, " pixels"));
  }
  const auto channels = ChannelsOf(colour_type, bits);
  if (!channels) return Impossible(StrCat("colour type ", colour_type, " with ", bits, " bits"));
  if (data[10] != 0 || data[11] != 0 || data[12] > 1) return Impossible("an unknown method");
  PngHeader header;
  header.width = static_cast<int>(width);
  header.height = static_cast<int>(height);
  header.bits = bits;
  header.channels = *channels;
  header.palette = colour_type == 3;
  return header;
}

}  // namespace

bool IsPng(Bytes bytes) { return AsText(bytes).starts_with(kSignature); }

Result<PngHeader> ReadPngHeader(Bytes bytes) {
  ByteReader reader = ChunkReader(bytes);
  const auto first = NextChunk(reader);
  if (!first) return EndsEarly();
  if (first->type == Type("CgBI")) {
    return Error{ErrorCode::kUnsupportedImage,
                 "this PNG is of Apple's own variant (CgBI), which is not supported"};
  }
  if (first->type != Type("IHDR")) return Impossible("its first chunk is another one");
  RESNET_ASSIGN_OR_RETURN(PngHeader header, ParseHeaderChunk(first->data));
  while (const auto chunk = NextChunk(reader)) {
    if (chunk->type == Type("IEND")) break;
    if (chunk->type != Type("eXIf")) continue;
    header.orientation = ReadExifOrientation(chunk->data);
    break;
  }
  return header;
}

Status CheckPngChunks(Bytes bytes) {
  ByteReader reader = ChunkReader(bytes);
  while (const auto chunk = NextChunk(reader)) {
    const std::string_view name = AsText(bytes.subspan(chunk->position + 4, 4));
    const bool known = name == "IHDR" || name == "PLTE" || name == "IDAT" || name == "IEND";
    if (IsCritical(chunk->type) && !known) {
      return Error{ErrorCode::kUnsupportedImage, StrCat("this PNG has a chunk \"", Printable(name),
                                                        "\", which is not supported")};
    }
    // Of the others, only the transparency changes what we decode.
    if ((known || name == "tRNS") && !ChecksumIsRight(bytes, *chunk)) {
      return Error{ErrorCode::kTruncated, StrCat("the PNG is damaged: the checksum of its chunk ",
                                                 name, " at byte ", chunk->position, " is wrong")};
    }
    if (name == "IEND") return {};
  }
  return EndsEarly();
}

uint64_t PngWorkingBytes(const PngHeader& header) {
  const auto width = static_cast<uint64_t>(header.width);
  const auto height = static_cast<uint64_t>(header.height);
  const auto bits = static_cast<uint64_t>(header.bits);
  const auto channels = static_cast<uint64_t>(header.channels);
  // Inflated rows, each with its filter byte. stb's buffer starts at this size and doubles where
  // interlacing adds rows.
  const uint64_t rows = 2 * ((width * bits + 7) / 8 * channels * height + height) + 4096;
  // Decoded pixels: a transparent colour adds a channel, a palette becomes four.
  const uint64_t decoded =
      width * height * (header.palette ? 4 : channels + 1) * (bits == 16 ? 2 : 1);
  return std::max(rows, decoded);
}

Result<Buffer<uint8_t>> FillPalette(Bytes bytes, const PngHeader& header) {
  if (!header.palette) return Buffer<uint8_t>();
  ByteReader reader = ChunkReader(bytes);
  auto chunk = NextChunk(reader);
  while (chunk && chunk->type != Type("PLTE")) chunk = NextChunk(reader);
  const size_t full = size_t{3} << header.bits;
  if (!chunk || chunk->data.size() >= full) return Buffer<uint8_t>();

  const size_t missing = full - chunk->data.size();
  RESNET_ASSIGN_OR_RETURN(auto copy, Buffer<uint8_t>::Allocate(uint64_t{bytes.size()} + missing));
  const size_t end = chunk->position + 8 + chunk->data.size();
  uint8_t* out = std::ranges::copy(bytes.first(end), copy.data()).out;
  out = std::fill_n(out, missing, uint8_t{0});
  std::ranges::copy(bytes.subspan(end), out);
  // The chunk's length, big-endian. Its checksum no longer fits; it has been checked before.
  copy[chunk->position + 2] = static_cast<uint8_t>(full >> 8);
  copy[chunk->position + 3] = static_cast<uint8_t>(full);
  return copy;
}

}  // namespace resnet
