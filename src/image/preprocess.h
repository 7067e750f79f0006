// Preprocessing: an Image and a Recipe to the 8-bit picture that the network sees, and its
// normalisation.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_PREPROCESS_H_
#define RESNET_IMAGE_PREPROCESS_H_

#include <array>
#include <optional>

#include "base/result.h"
#include "image/image.h"
#include "image/recipe.h"

namespace resnet {

/// A part of a picture in fractions of its (upright) sides, 0 <= left < right <= 1 and likewise
/// top, bottom.
struct Region {
  double left = 0;
  double top = 0;
  double right = 1;
  double bottom = 1;
};

struct PreprocessOptions {
  std::optional<Region> region_of_interest = {};  ///< cut out before everything else
  int rotation_degrees = 0;  ///< a multiple of 90, clockwise, after the region is cut out
};

/// `recipe.crop` x `recipe.crop` RGB pixels (always RGB: the channel order is applied by
/// normalisation), equal to what Pillow and torchvision's Resize and CenterCrop make of the
/// picture. Errors: kBadArgument (region empty or outside, rotation not a multiple of 90),
/// kOutOfMemory.
Result<Image> Preprocess(const Image& image, const Recipe& recipe,
                         const PreprocessOptions& options = {});

/// Where the crop lies in the upright picture: what heat maps are drawn over. Fractions of its
/// sides; may reach outside 0..1 where the crop is larger than the resized picture.
Result<Region> CropRegion(int width, int height, const Recipe& recipe,
                          const PreprocessOptions& options = {});

/// value[c][p]: the network's input for the 8-bit value p in channel c of the network's order.
using NormalizationTable = std::array<std::array<float, 256>, 3>;
NormalizationTable MakeNormalizationTable(const Recipe& recipe);

/// Writes the input tensor, [pixels / 3, 3] floats (NHWC), channels in the recipe's order, for RGB
/// `pixels`. `out` has the size of `pixels`.
void Normalize(Bytes pixels, const Recipe& recipe, std::span<float> out);

}  // namespace resnet

#endif  // RESNET_IMAGE_PREPROCESS_H_
