// From any file that holds a ResNet to a Model: the importers' only entrance.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_IMPORT_H_
#define RESNET_IMPORT_IMPORT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/model.h"

namespace resnet {

/// What the user says about a file; everything has a default or is told from the file.
struct ImportOptions {
  std::optional<int> depth = {};        ///< must agree with the file
  std::optional<Variant> variant = {};  ///< where the file does not say it, as PyTorch's do not
  std::optional<Stem> stem = {};        ///< must agree with the file
  std::optional<Recipe> recipe = {};    ///< else what the source's conventions imply
  std::vector<std::string> labels = {}, label_ids = {};
  std::optional<double> epsilon = {};  ///< of batch-norm; else the file's, or its framework's
  std::string name = {}, licence = {}, source = {}, accuracy = {};
};

struct Imported {
  Model model;                     ///< valid, F32 (a model file of ours: as it was), without golden
  std::string format;              ///< "safetensors", "PyTorch .pth", ...
  std::vector<std::string> notes;  ///< what was recognised and what was assumed, a sentence each
};

/// `file_name` is for messages and for the model's name and source. Errors: those of
/// ReadCheckpoint, BuildTensors and ValidateModel, with the file's name.
Result<Imported> ImportCheckpoint(Bytes bytes, std::string_view file_name,
                                  const ImportOptions& options);

/// Turns the weights into `precision`, kF32 or kF16 (see half.h); biases stay F32. Errors:
/// kBadModel with the tensor's name for weights beyond F16's range; kUnsupportedModel for a model
/// of 8 bits.
Status SetPrecision(Model& model, Precision precision);

/// The picture of every golden: 40x32 pixels with smooth gradients, edges and texture, the same on
/// every machine.
Result<Tensor> GoldenPattern();

}  // namespace resnet

#endif  // RESNET_IMPORT_IMPORT_H_
