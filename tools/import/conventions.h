// How frameworks name a ResNet's layers, and what each of them takes for granted.
//
// To add a convention: a function from our layer name to its names, and a row in conventions.cc.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_CONVENTIONS_H_
#define RESNET_IMPORT_CONVENTIONS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/architecture.h"

namespace resnet {

/// A convolution and the batch-norm after it, without ".weight" and the like.
struct LayerNames {
  std::string conv;
  std::string norm;
};

struct Convention {
  std::string_view name;  ///< for people: "torchvision's"
  /// The names of our `conv1`, `layerS.B.convN` or `layerS.B.downsample.0`.
  LayerNames (*names)(std::string_view layer);
  std::string_view head;  ///< of the only dense layer, or before the numbers of several; "": any
  std::optional<Variant> variant;  ///< nothing: it has both
  double epsilon;                  ///< of batch-norm
  std::string_view recipe;
  std::string_view recipe_note;  ///< what a user of this recipe should know
};

std::span<const Convention> Conventions();

}  // namespace resnet

#endif  // RESNET_IMPORT_CONVENTIONS_H_
