// See orientation.h.
//
// SPDX-License-Identifier: MIT
#include "image/orientation.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace resnet {
namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kTypeShort = 3;  // 16 bits, the only type that EXIF allows for this tag
constexpr int kMaxEntries = 1000;   // of one directory; cameras write a few dozen

// The entry's value, if it is the orientation. `entry` is 12 bytes: tag, type, count, value.
std::optional<uint16_t> OrientationOf(Bytes entry, ByteOrder order) {
  ByteReader reader(entry, order);
  const auto tag = reader.Read<uint16_t>();
  const auto type = reader.Read<uint16_t>();
  const auto count = reader.Read<uint32_t>();
  if (tag != kOrientationTag || type != kTypeShort || count != 1u) return std::nullopt;
  return reader.Read<uint16_t>();
}

// Where the pixel at a place of the upright picture lies in the stored one: start + x * step_x + y
// * step_y.
struct Walk {
  ptrdiff_t start = 0;
  ptrdiff_t step_x = 0;
  ptrdiff_t step_y = 0;
};

Walk StoredWalk(ptrdiff_t width, ptrdiff_t height, int orientation) {
  const ptrdiff_t last_x = width - 1;
  const ptrdiff_t last_row = (height - 1) * width;
  switch (orientation) {
    case 2:
      return {last_x, -1, width};
    case 3:
      return {last_row + last_x, -1, -width};
    case 4:
      return {last_row, 1, -width};
    case 5:
      return {0, width, 1};
    case 6:
      return {last_row, -width, 1};
    case 7:
      return {last_row + last_x, -width, -1};
    case 8:
      return {last_x, width, -1};
    default:
      return {0, 1, width};
  }
}

}  // namespace

int ReadExifOrientation(Bytes tiff) {
  const std::string_view mark = AsText(tiff.first(std::min<size_t>(tiff.size(), 4)));
  const bool little = mark == std::string_view("II*\0", 4);
  if (!little && mark != std::string_view("MM\0*", 4)) return kUpright;
  const ByteOrder order = little ? ByteOrder::kLittle : ByteOrder::kBig;
  ByteReader reader(tiff, order);
  reader.Seek(4);
  const auto directory = reader.Read<uint32_t>();
  if (!directory || !reader.Seek(*directory)) return kUpright;
  const int entries = std::min<int>(reader.Read<uint16_t>().value_or(0), kMaxEntries);
  for (int i = 0; i < entries; ++i) {
    const auto entry = reader.Take(12);
    if (!entry) break;
    const auto value = OrientationOf(*entry, order);
    if (value) return *value >= 1 && *value <= 8 ? *value : kUpright;
  }
  return kUpright;
}

Result<Image> ApplyOrientation(Image image, int orientation) {
  assert(orientation >= 1 && orientation <= 8);
  if (orientation == kUpright) return image;
  const bool sideways = orientation >= 5;
  RESNET_ASSIGN_OR_RETURN(Image upright, Image::Create(sideways ? image.height : image.width,
                                                       sideways ? image.width : image.height));
  const Walk walk = StoredWalk(image.width, image.height, orientation);
  // In tiles, because one of the two pictures is walked across its rows: a tile's rows stay in the
  // cache.
  constexpr int kTile = 32;
  for (int top = 0; top < upright.height; top += kTile) {
    for (int left = 0; left < upright.width; left += kTile) {
      const int right = std::min(left + kTile, upright.width);
      for (int y = top; y < std::min(top + kTile, upright.height); ++y) {
        uint8_t* to = upright.row(y) + static_cast<ptrdiff_t>(left) * kChannels;
        for (int x = left; x < right; ++x, to += kChannels) {
          const ptrdiff_t from = walk.start + x * walk.step_x + y * walk.step_y;
          std::memcpy(to, image.pixels.data() + from * kChannels, kChannels);
        }
      }
    }
  }
  return upright;
}

}  // namespace resnet
