// See jpeg_file.h. Markers and segments: ITU-T T.81 annex B.
//
// SPDX-License-Identifier: MIT
#include "image/jpeg_file.h"

#include <algorithm>
#include <cstring>

#include "base/strings.h"
#include "image/orientation.h"

namespace resnet {
namespace {

constexpr uint8_t kEndOfImage = 0xD9, kStartOfScan = 0xDA;
constexpr uint8_t kHuffmanTables = 0xC4, kReservedFrame = 0xC8, kArithmeticConditioning = 0xCC;
constexpr uint8_t kQuantization = 0xDB, kNumberOfLines = 0xDC, kRestartInterval = 0xDD;
constexpr uint8_t kApplication0 = 0xE0, kApplication1 = 0xE1, kApplication15 = 0xEF;
constexpr uint8_t kComment = 0xFE;

// A 64 MiB file has room for 3 million Huffman tables, each of which costs a microsecond. Real
// files have fewer than 300 segments (255 for a large colour profile).
constexpr int kMaxSegments = 10'000;
// Encoders write 3 to 20 scans. Past that, a scan may cost as much as it has pixels: 0.4 thousand
// million pixel visits are about a second.
constexpr int kOrdinaryScans = 20;
constexpr uint64_t kMaxScannedPixels = 400'000'000;

Error Damaged(std::string_view what) {
  return Error{ErrorCode::kTruncated, StrCat("the JPEG is damaged: ", what)};
}

Error EndsEarly() { return Error{ErrorCode::kTruncated, "the JPEG ends before its end marker"}; }

Error Unsupported(std::string_view what) {
  return Error{ErrorCode::kUnsupportedImage,
               StrCat("this JPEG ", what, ", which is not supported")};
}

/// Walks over markers and their segments.
class MarkerReader {
 public:
  explicit MarkerReader(Bytes bytes, size_t position) : bytes_(bytes), position_(position) {}

  size_t position() const { return position_; }

  // The next marker after any padding; nothing at the end of the bytes.
  std::optional<uint8_t> Next() {
    while (position_ < bytes_.size()) {
      const void* found = std::memchr(bytes_.data() + position_, 0xFF, bytes_.size() - position_);
      if (found == nullptr) break;
      position_ = static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes_.data());
      while (position_ < bytes_.size() && bytes_[position_] == 0xFF) ++position_;
      if (position_ == bytes_.size()) break;
      const uint8_t marker = bytes_[position_++];
      if (marker != 0) return marker;
    }
    position_ = bytes_.size();
    return std::nullopt;
  }

  // The next marker after a scan's data: restart markers belong to the data.
  std::optional<uint8_t> NextAfterScan() {
    auto marker = Next();
    while (marker && *marker >= 0xD0 && *marker <= 0xD7) marker = Next();
    return marker;
  }

  // What follows the marker, without its length; nothing where it does not fit.
  std::optional<Bytes> Segment() {
    ByteReader reader(bytes_.subspan(position_), ByteOrder::kBig);
    const auto length = reader.Read<uint16_t>();
    if (!length || *length < 2) return std::nullopt;
    const auto segment = reader.Take(*length - 2u);
    if (segment) position_ += *length;
    return segment;
  }

 private:
  Bytes bytes_;
  size_t position_;
};

bool IsFrame(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != kHuffmanTables && marker != kReservedFrame &&
         marker != kArithmeticConditioning;
}

bool IsTableOrNote(uint8_t marker) {
  return marker == kHuffmanTables || marker == kQuantization || marker == kRestartInterval ||
         marker == kComment || (marker >= kApplication0 && marker <= kApplication15);
}

Status CheckFrameKind(uint8_t marker) {
  if (marker == 0xC0 || marker == 0xC1 || marker == 0xC2) return {};
  if (marker == 0xC3 || marker == 0xCB) return Unsupported("is lossless");
  if (marker == 0xC9 || marker == 0xCA) return Unsupported("uses arithmetic coding");
  return Unsupported("is hierarchical");
}

Status ReadComponents(ByteReader& reader, JpegHeader& header) {
  int most_horizontal = 1, most_vertical = 1;
  for (int i = 0; i < header.component_count; ++i) {
    const auto id = reader.Read<uint8_t>();
    const auto sampling = reader.Read<uint8_t>();
    const auto table = reader.Read<uint8_t>();
    if (!id || !sampling || !table) return Damaged("its frame header is too short");
    JpegComponent& component = header.components[static_cast<size_t>(i)];
    component = {*id, *sampling >> 4, *sampling & 15};
    if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 ||
        component.vertical > 4) {
      return Damaged("a sampling factor is not between 1 and 4");
    }
    most_horizontal = std::max(most_horizontal, component.horizontal);
    most_vertical = std::max(most_vertical, component.vertical);
  }
  for (int i = 0; i < header.component_count; ++i) {
    const JpegComponent& component = header.components[static_cast<size_t>(i)];
    if (most_horizontal % component.horizontal != 0 || most_vertical % component.vertical != 0) {
      return Unsupported("has fractional sampling factors");
    }
  }
  return {};
}

Status ReadFrame(Bytes segment, JpegHeader& header) {
  ByteReader reader(segment, ByteOrder::kBig);
  const auto bits = reader.Read<uint8_t>();
  const auto height = reader.Read<uint16_t>();
  const auto width = reader.Read<uint16_t>();
  const auto components = reader.Read<uint8_t>();
  if (!bits || !height || !width || !components) return Damaged("its frame header is too short");
  if (*bits != 8) return Unsupported(StrCat("has ", *bits, " bits per sample"));
  if (*width > 0 && *height == 0) return Unsupported("gives its height only at the end");
  if (*width == 0) {
    return Error{ErrorCode::kNotAnImage,
                 StrCat("the JPEG's header says ", *width, "x", *height, " pixels")};
  }
  if (*components != 1 && *components != 3 && *components != 4) {
    return Unsupported(StrCat("has ", *components, " colour components"));
  }
  header.width = *width;
  header.height = *height;
  header.component_count = *components;
  return ReadComponents(reader, header);
}

void ReadExif(Bytes segment, JpegHeader& header) {
  constexpr std::string_view kMark("Exif\0\0", 6);
  if (!AsText(segment).starts_with(kMark) || header.orientation != kUpright) return;
  header.orientation = ReadExifOrientation(segment.subspan(kMark.size()));
}

uint64_t RoundUp(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

// The 8x8 blocks that the picture has at least, over all components.
uint64_t CountBlocks(const JpegHeader& header) {
  int most_horizontal = 1, most_vertical = 1;
  for (const JpegComponent& component : header.components) {
    most_horizontal = std::max(most_horizontal, component.horizontal);
    most_vertical = std::max(most_vertical, component.vertical);
  }
  uint64_t blocks = 0;
  for (size_t i = 0; i < static_cast<size_t>(header.component_count); ++i) {
    const JpegComponent& component = header.components[i];
    const int width = header.width * component.horizontal / most_horizontal;
    const int height = header.height * component.vertical / most_vertical;
    blocks += RoundUp(static_cast<uint64_t>(width), 8) / 8 *
              (RoundUp(static_cast<uint64_t>(height), 8) / 8);
  }
  return blocks;
}

/// What the scans add up to.
struct Scans {
  int count = 0;
  unsigned seen = 0;   // bit i: component i has had a scan
  uint64_t bytes = 0;  // of coded data
};

Status ReadScan(Bytes segment, const JpegHeader& header, Scans& scans) {
  ++scans.count;
  // The largest unit of blocks is 32 pixels wide and high, and decoders work on whole ones.
  const uint64_t pixels = RoundUp(static_cast<uint64_t>(header.width), 32) *
                          RoundUp(static_cast<uint64_t>(header.height), 32);
  const auto count = static_cast<uint64_t>(scans.count);
  if (header.progressive && scans.count > kOrdinaryScans && count * pixels > kMaxScannedPixels) {
    return Unsupported(StrCat("has more than ", scans.count - 1, " scans at its size"));
  }
  if (!header.progressive && scans.count > header.component_count) {
    return Damaged("it has more scans than colour components");
  }
  if (segment.empty() || segment.size() < 1u + 2u * segment[0]) {
    return Damaged("a scan header is too short");
  }
  for (size_t i = 0; i < segment[0]; ++i) {
    for (size_t c = 0; c < static_cast<size_t>(header.component_count); ++c) {
      if (header.components[c].id == segment[1 + 2 * i]) scans.seen |= 1u << c;
    }
  }
  return {};
}

Status CheckComplete(const JpegHeader& header, const Scans& scans) {
  const unsigned all = (1u << header.component_count) - 1;
  if (scans.seen != all) return Damaged("data for some of its colours are missing");
  // A block takes at least one bit for its mean, and in a sequential file one more for "nothing
  // else".
  const uint64_t bits = CountBlocks(header) * (header.progressive ? 1 : 2);
  if (scans.bytes < bits / 8) {
    return Damaged(StrCat("it has ", scans.bytes, " bytes of picture data, too few for ",
                          header.width, "x", header.height, " pixels"));
  }
  return {};
}

}  // namespace

bool IsJpeg(Bytes bytes) { return bytes.size() >= 3 && AsText(bytes).starts_with("\xFF\xD8\xFF"); }

Result<JpegHeader> ReadJpegHeader(Bytes bytes) {
  JpegHeader header;
  MarkerReader reader(bytes, 2);
  for (int segments = 0; segments < kMaxSegments; ++segments) {
    const auto marker = reader.Next();
    if (!marker) return EndsEarly();
    if (*marker == kEndOfImage) return Damaged("it ends without a picture");
    if (*marker == kStartOfScan) {
      if (header.width == 0) return Damaged("its picture data begin before its header");
      header.first_scan = reader.position() - 2;
      return header;
    }
    if (*marker == kArithmeticConditioning) return Unsupported("uses arithmetic coding");
    if (!IsFrame(*marker) && !IsTableOrNote(*marker)) {
      return Damaged(StrCat("unexpected marker ", *marker));
    }
    const auto segment = reader.Segment();
    if (!segment) return EndsEarly();
    if (IsFrame(*marker)) {
      if (header.width != 0) return Damaged("it has two frame headers");
      header.progressive = *marker == 0xC2;
      RESNET_RETURN_IF_ERROR(CheckFrameKind(*marker));
      RESNET_RETURN_IF_ERROR(ReadFrame(*segment, header));
    } else if (*marker == kApplication1) {
      ReadExif(*segment, header);
    }
  }
  return Unsupported(StrCat("has more than ", kMaxSegments, " segments"));
}

Status CheckJpegScans(Bytes bytes, const JpegHeader& header) {
  MarkerReader reader(bytes, header.first_scan);
  Scans scans;
  auto marker = reader.Next();
  for (int segments = 0; segments < kMaxSegments; ++segments) {
    if (!marker) return EndsEarly();
    if (*marker == kEndOfImage) return CheckComplete(header, scans);
    const bool is_scan = *marker == kStartOfScan;
    if (!is_scan && *marker != kNumberOfLines && !IsTableOrNote(*marker)) {
      return Damaged(StrCat("unexpected marker ", *marker, " after its picture data"));
    }
    const auto segment = reader.Segment();
    if (!segment) return EndsEarly();
    if (is_scan) RESNET_RETURN_IF_ERROR(ReadScan(*segment, header, scans));
    const size_t start = reader.position();
    marker = is_scan ? reader.NextAfterScan() : reader.Next();
    if (is_scan) scans.bytes += reader.position() - start;
  }
  return Unsupported(StrCat("has more than ", kMaxSegments, " segments"));
}

}  // namespace resnet
