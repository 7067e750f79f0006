// Telling a ResNet's relatives by their tensors, so that a network that cannot be run here is
// refused by what differs.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_RELATIVES_H_
#define RESNET_IMPORT_RELATIVES_H_

#include "base/result.h"
#include "import/conventions.h"
#include "model/tensor.h"

namespace resnet {

/// Errors: kUnsupportedModel, for a network with a deep stem, squeeze-and-excitation, grouped or
/// wider convolutions, pre-activation and the like.
Status RefuseRelatives(const Convention& convention, const TensorMap& tensors);

}  // namespace resnet

#endif  // RESNET_IMPORT_RELATIVES_H_
