// See image.h.
//
// SPDX-License-Identifier: MIT
#include "image/image.h"

#include <algorithm>

namespace resnet {
namespace {

// value * alpha + 255 * (1 - alpha), rounded to nearest: what Pillow's alpha_composite makes of a
// pixel over white.
uint8_t OverWhite(uint8_t value, uint8_t alpha) {
  const unsigned sum = value * unsigned{alpha} + 255u * (255u - alpha);
  return static_cast<uint8_t>((sum + 127) / 255);
}

void WidenGrey(Bytes in, uint8_t* out) {
  for (const uint8_t grey : in) {
    std::fill_n(out, kChannels, grey);
    out += kChannels;
  }
}

void WidenGreyAlpha(Bytes in, uint8_t* out) {
  for (size_t i = 0; i + 1 < in.size(); i += 2) {
    std::fill_n(out, kChannels, OverWhite(in[i], in[i + 1]));
    out += kChannels;
  }
}

void DropAlpha(Bytes in, uint8_t* out) {
  for (size_t i = 0; i + 3 < in.size(); i += 4) {
    for (size_t c = 0; c < kChannels; ++c) *out++ = OverWhite(in[i + c], in[i + 3]);
  }
}

}  // namespace

Result<Image> Image::Create(int width, int height) {
  if (width < 1 || height < 1) {
    return Error{ErrorCode::kBadArgument,
                 StrCat("a picture of ", width, "x", height, " pixels was asked for")};
  }
  Image image;
  image.width = width;
  image.height = height;
  const auto pixels = CheckedMultiply(static_cast<uint64_t>(width), static_cast<uint64_t>(height));
  const auto bytes = CheckedMultiply(pixels.value_or(UINT64_MAX), kChannels);
  RESNET_ASSIGN_OR_RETURN(image.pixels, Buffer<uint8_t>::Allocate(bytes.value_or(UINT64_MAX)));
  return image;
}

Result<Image> CopyPixels(const PixelView& view) {
  if (view.channels < 1 || view.channels > 4 || view.width < 1 || view.height < 1) {
    return Error{ErrorCode::kBadArgument,
                 StrCat("pixels of ", view.width, "x", view.height, " with ", view.channels,
                        " channels; 1 to 4 channels and sides of at least 1 were expected")};
  }
  // Both sides are below 2^31, so only the factor for the channels can overflow.
  const uint64_t count = static_cast<uint64_t>(view.width) * static_cast<uint64_t>(view.height);
  const auto expected = CheckedMultiply(count, static_cast<uint64_t>(view.channels));
  if (expected != view.pixels.size()) {
    return Error{ErrorCode::kBadArgument,
                 StrCat(view.pixels.size(), " bytes of pixels for a picture of ", view.width, "x",
                        view.height, " with ", view.channels, " channels")};
  }
  RESNET_ASSIGN_OR_RETURN(Image image, Image::Create(view.width, view.height));
  switch (view.channels) {
    case 1:
      WidenGrey(view.pixels, image.pixels.data());
      break;
    case 2:
      WidenGreyAlpha(view.pixels, image.pixels.data());
      break;
    case 3:
      std::ranges::copy(view.pixels, image.pixels.data());
      break;
    default:
      DropAlpha(view.pixels, image.pixels.data());
  }
  return image;
}

}  // namespace resnet
