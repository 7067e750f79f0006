// Torchvision's layer names: which network a checkpoint with them holds, and where each of its
// layers stands.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_TORCHVISION_NAMES_H_
#define RESNET_IMPORT_TORCHVISION_NAMES_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "import/layer_sources.h"
#include "model/architecture.h"
#include "model/tensor.h"

namespace resnet {

/// True where the names look like torchvision's, whatever is wrong with them otherwise.
bool HasTorchvisionNames(const TensorMap& tensors);

/// The network: depth by the number of blocks and their kind, stem by the first kernel, head by its
/// layers. The variant cannot be told from a checkpoint and is torchvision's. Errors:
/// kWrongArchitecture with what was found.
Result<NetworkSpec> RecogniseTorchvision(const TensorMap& tensors);

/// A row for every layer of `network`.
LayerSources TorchvisionSources(const NetworkSpec& network, const TensorMap& tensors);

}  // namespace resnet

#endif  // RESNET_IMPORT_TORCHVISION_NAMES_H_
