// Which network a checkpoint's names and shapes make, and where each of its layers stands.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_RECOGNISE_H_
#define RESNET_IMPORT_RECOGNISE_H_

#include "base/result.h"
#include "import/conventions.h"
#include "import/layer_sources.h"
#include "model/architecture.h"
#include "model/tensor.h"

namespace resnet {

/// The convention whose names the tensors have, whatever is wrong with them otherwise; null: none.
const Convention* FindConvention(const TensorMap& tensors);

/// The network: depth by the number of blocks and their kind, stem by the first kernel, head by its
/// layers; the variant is torchvision's. Errors: kWrongArchitecture with what was found,
/// kUnsupportedModel for relatives of the ResNet (ResNet-D, SE, ResNeXt, ...), by their name.
Result<NetworkSpec> RecogniseNetwork(const Convention& convention, const TensorMap& tensors);

/// A row for every layer of `network`, which RecogniseNetwork has found.
LayerSources SourcesOf(const Convention& convention, const NetworkSpec& network,
                       const TensorMap& tensors);

/// The error for tensors that follow no convention, with examples of their names.
Error UnknownNames(const TensorMap& tensors);

}  // namespace resnet

#endif  // RESNET_IMPORT_RECOGNISE_H_
