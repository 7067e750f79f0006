// See preprocess.h.
//
// SPDX-License-Identifier: MIT
#include "image/preprocess.h"

#include <algorithm>
#include <cassert>
#include <climits>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/strings.h"
#include "image/orientation.h"

namespace resnet {
namespace {

/// What happens to a picture of a given size, in pixels.
struct Plan {
  Box region;        // of the upright picture
  int quarters = 0;  // turns clockwise, 0..3
  int width = 0;     // of the whole region after turning and scaling
  int height = 0;
  Box window;  // of that
};

Result<Box> RegionBox(int width, int height, const Region& region) {
  const bool inside = region.left >= 0 && region.left < region.right && region.right <= 1 &&
                      region.top >= 0 && region.top < region.bottom && region.bottom <= 1;
  if (!inside) {
    return Error{
        ErrorCode::kBadArgument,
        StrCat("region of interest ", region.left, ", ", region.top, " to ", region.right, ", ",
               region.bottom, "; 0 <= left < right <= 1 and 0 <= top < bottom <= 1 were expected")};
  }
  // To the nearest pixel edge, so that a region given as pixels / side is met exactly; at least one
  // pixel.
  const auto edge = [](double fraction, int size) {
    return static_cast<int>(std::lround(fraction * size));
  };
  Box box;
  box.x = std::min(edge(region.left, width), width - 1);
  box.y = std::min(edge(region.top, height), height - 1);
  box.width = std::max(edge(region.right, width) - box.x, 1);
  box.height = std::max(edge(region.bottom, height) - box.y, 1);
  return box;
}

// Where torchvision's center_crop begins. Python rounds halves to even. A side that is too short is
// padded first, with the odd pixel after it.
int CropStart(int size, int crop) {
  if (size < crop) return -((crop - size) / 2);
  const int spare = size - crop;
  const int half = spare / 2;
  return spare % 2 == 1 && half % 2 == 1 ? half + 1 : half;
}

// torchvision's Resize(size): int(size * long / short), a division of doubles.
Status ScaleShortSide(const Recipe& recipe, int width, int height, Plan& plan) {
  const int shorter = std::min(width, height);
  const int longer = std::max(width, height);
  const double length = static_cast<double>(int64_t{recipe.resize_size} * longer) / shorter;
  if (length > INT_MAX) {
    return Error{
        ErrorCode::kBadArgument,
        StrCat("a picture of ", width, "x", height,
               " is too long and thin to be scaled to a short side of ", recipe.resize_size)};
  }
  plan.width = width <= height ? recipe.resize_size : static_cast<int>(length);
  plan.height = width <= height ? static_cast<int>(length) : recipe.resize_size;
  return {};
}

Result<Plan> MakePlan(int width, int height, const Recipe& recipe,
                      const PreprocessOptions& options) {
  if (width < 1 || height < 1) {
    return Error{ErrorCode::kBadArgument, StrCat("a picture of ", width, "x", height, " pixels")};
  }
  if (options.rotation_degrees % 90 != 0) {
    return Error{ErrorCode::kBadArgument, StrCat("rotation by ", options.rotation_degrees,
                                                 " degrees; a multiple of 90 was expected")};
  }
  Plan plan;
  RESNET_ASSIGN_OR_RETURN(plan.region,
                          RegionBox(width, height, options.region_of_interest.value_or(Region{})));
  plan.quarters = (options.rotation_degrees / 90 % 4 + 4) % 4;
  const bool sideways = plan.quarters % 2 == 1;
  plan.width = sideways ? plan.region.height : plan.region.width;
  plan.height = sideways ? plan.region.width : plan.region.height;
  if (recipe.resize_mode == ResizeMode::kStretch) {
    plan.width = plan.height = recipe.resize_size;
  } else if (recipe.resize_mode == ResizeMode::kShortSide) {
    RESNET_RETURN_IF_ERROR(ScaleShortSide(recipe, plan.width, plan.height, plan));
  }
  plan.window = {CropStart(plan.width, recipe.crop), CropStart(plan.height, recipe.crop),
                 recipe.crop, recipe.crop};
  return plan;
}

// The region of the picture, turned.
Result<Image> Cut(const Image& image, const Plan& plan) {
  RESNET_ASSIGN_OR_RETURN(Image cut, Image::Create(plan.region.width, plan.region.height));
  const size_t row_bytes = static_cast<size_t>(plan.region.width) * kChannels;
  for (int y = 0; y < plan.region.height; ++y) {
    const uint8_t* from =
        image.row(plan.region.y + y) + static_cast<size_t>(plan.region.x) * kChannels;
    std::memcpy(cut.row(y), from, row_bytes);
  }
  constexpr int kExifForQuarters[] = {kUpright, 6, 3, 8};
  return ApplyOrientation(std::move(cut), kExifForQuarters[plan.quarters]);
}

bool IsWhole(const Plan& plan, const Image& image) {
  return plan.quarters == 0 && plan.region.width == image.width &&
         plan.region.height == image.height;
}

// `region` of a picture turned clockwise by a quarter, in the picture as it was before.
Region TurnBack(const Region& region) {
  return {region.top, 1 - region.right, region.bottom, 1 - region.left};
}

}  // namespace

Result<Image> Preprocess(const Image& image, const Recipe& recipe,
                         const PreprocessOptions& options) {
  RESNET_ASSIGN_OR_RETURN(const Plan plan, MakePlan(image.width, image.height, recipe, options));
  if (IsWhole(plan, image))
    return ResizeWindow(image, plan.width, plan.height, recipe.filter, plan.window);
  RESNET_ASSIGN_OR_RETURN(const Image part, Cut(image, plan));
  return ResizeWindow(part, plan.width, plan.height, recipe.filter, plan.window);
}

Result<Region> CropRegion(int width, int height, const Recipe& recipe,
                          const PreprocessOptions& options) {
  RESNET_ASSIGN_OR_RETURN(const Plan plan, MakePlan(width, height, recipe, options));
  const double scaled_width = plan.width, scaled_height = plan.height;
  Region crop = {plan.window.x / scaled_width, plan.window.y / scaled_height,
                 (plan.window.x + plan.window.width) / scaled_width,
                 (plan.window.y + plan.window.height) / scaled_height};
  for (int i = 0; i < plan.quarters; ++i) crop = TurnBack(crop);
  const Box& box = plan.region;
  return Region{(box.x + crop.left * box.width) / width, (box.y + crop.top * box.height) / height,
                (box.x + crop.right * box.width) / width,
                (box.y + crop.bottom * box.height) / height};
}

NormalizationTable MakeNormalizationTable(const Recipe& recipe) {
  NormalizationTable table;
  for (size_t c = 0; c < table.size(); ++c) {
    for (size_t value = 0; value < table[c].size(); ++value) {
      const double scaled = static_cast<double>(value) * recipe.scale;
      table[c][value] = static_cast<float>((scaled - recipe.mean[c]) / recipe.std[c]);
    }
  }
  return table;
}

void Normalize(Bytes pixels, const Recipe& recipe, std::span<float> out) {
  assert(out.size() == pixels.size() && pixels.size() % kChannels == 0);
  const NormalizationTable table = MakeNormalizationTable(recipe);
  const bool reversed = recipe.order == ChannelOrder::kBgr;
  for (size_t i = 0; i + kChannels <= pixels.size(); i += kChannels) {
    for (size_t c = 0; c < kChannels; ++c)
      out[i + c] = table[c][pixels[i + (reversed ? 2 - c : c)]];
  }
}

}  // namespace resnet
