// Recipe: how a picture becomes a network's input. A recipe belongs to a set of weights and travels
// in the model file.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_RECIPE_H_
#define RESNET_IMAGE_RECIPE_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "image/resize.h"

namespace resnet {

enum class ResizeMode {
  kShortSide,  ///< the shorter side becomes `resize_size`, the longer int(size * long / short)
  kStretch,    ///< both sides become `resize_size`
  kNone,
};
enum class ChannelOrder { kRgb, kBgr };

/// DESIGN: {"resize": {"mode", "size", "filter"}, "crop", "order", "scale", "mean", "std"}.
/// The network sees ((pixel * scale) - mean[c]) / std[c], channels in `order`, mean and std in that
/// order too.
struct Recipe {
  ResizeMode resize_mode = ResizeMode::kShortSide;
  int resize_size = 256;  ///< of no meaning for kNone
  Filter filter = Filter::kBilinear;
  int crop = 224;  ///< side of the centre crop and so of the network's input; for kStretch equal to
                   ///< resize_size
  ChannelOrder order = ChannelOrder::kRgb;
  double scale = 1.0 / 255.0;
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> std = {0.229, 0.224, 0.225};

  bool operator==(const Recipe&) const = default;
};

/// Input sides that the networks take.
inline constexpr int kMinInputSize = 32;
inline constexpr int kMaxInputSize = 448;

/// A recipe of DESIGN section 4: torchvision, torchvision-v2, stretch, keras, crop.
/// Errors: kBadArgument, with the list of names.
Result<Recipe> NamedRecipe(std::string_view name);
std::vector<std::string> RecipeNames();

/// The recipe in `json`, an object. Every field is checked: unknown fields, missing ones, a crop
/// outside 32..448 or larger than the resized picture can be, std or scale not positive and finite.
/// Errors: kBadArgument.
Result<Recipe> ParseRecipe(JsonValue json);
Result<Recipe> ParseRecipeText(std::string_view text);

/// The JSON text that ParseRecipeText reads back to an equal recipe.
std::string RecipeToJson(const Recipe& recipe);

}  // namespace resnet

#endif  // RESNET_IMAGE_RECIPE_H_
