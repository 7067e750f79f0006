// Keras's HDF5 files: from datasets and a JSON configuration to tensors as every importer has them.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_KERAS_H_
#define RESNET_IMPORT_KERAS_H_

#include <string_view>

#include "base/result.h"
#include "import/hints.h"
#include "model/tensor.h"

namespace resnet {

/// Renames "GROUP/LAYER/kernel:0" to "LAYER.weight" and so on, and turns kernels to [O, I, H, W]
/// and dense layers to [O, I]; also for the names of Keras 1 ("LAYER_W_1:0"). Errors: kBadModel for
/// a layer that stands there twice; kUnsupportedModel for Theano's kernels and for Keras 3's
/// .weights.h5, which has no layer names.
Result<TensorMap> FromKerasTensors(const TensorFile& file);

/// What the model_config of a whole saved model says; nothing for "", which weights alone have.
/// Errors: kBadModel; kUnsupportedModel for layers that a ResNet does not have, by their class.
Result<Hints> ReadKerasConfig(std::string_view json);

}  // namespace resnet

#endif  // RESNET_IMPORT_KERAS_H_
