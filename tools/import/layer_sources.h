// The importers' table: for every layer of a network, the names under which a checkpoint keeps it.
//
// Each naming convention makes such a table; reading it, checking shapes, folding, and finding what
// is left over is the same for all (BuildTensors).
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_LAYER_SOURCES_H_
#define RESNET_IMPORT_LAYER_SOURCES_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "model/architecture.h"
#include "model/tensor.h"

namespace resnet {

struct ConvSource {
  ConvLayer layer;
  std::string conv;  ///< "layer1.0.downsample.0": .weight [O, I, H, W] and perhaps .bias
  std::string norm;  ///< "layer1.0.downsample.1": .weight, .bias, .running_mean, .running_var, or
                     ///< none of them
};

struct DenseSource {
  DenseLayer layer;
  std::string dense;  ///< "fc": .weight [O, I] and perhaps .bias
};

struct LayerSources {
  std::vector<ConvSource> convs;
  std::vector<DenseSource> dense;
};

struct BuiltTensors {
  TensorMap tensors;
  size_t folded = 0;  ///< batch-norms that were folded
};

/// Our tensors (F32, folded) from a checkpoint's. Errors: kWrongArchitecture for a tensor that is
/// missing, has another shape than the table expects, or that no row of the table mentions (all are
/// listed); kBadModel for numbers.
Result<BuiltTensors> BuildTensors(const LayerSources& sources, const TensorMap& checkpoint,
                                  double epsilon);

}  // namespace resnet

#endif  // RESNET_IMPORT_LAYER_SOURCES_H_
