// The layers that a loop computes well enough: normalisation of the input, residual sum, average
// pooling.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_PLAIN_LAYERS_H_
#define RESNET_ENGINE_PLAIN_LAYERS_H_

#include "engine/layer.h"
#include "image/recipe.h"

namespace resnet {

/// 8-bit RGB pixels to the float input tensor of `recipe`.
LayerPtr MakeNormalization(const Recipe& recipe, ActivationShape shape);
/// relu(a + b), element by element.
LayerPtr MakeResidualAdd(ActivationShape shape);
/// The mean over height and width.
LayerPtr MakeAveragePooling(ActivationShape input);

}  // namespace resnet

#endif  // RESNET_ENGINE_PLAIN_LAYERS_H_
