// ONNX models: the graph is walked from input to output and must be a ResNet's.
//
// This parses outside bytes with protobuf, in this process. Whoever reads a user's file does so
// through RunInChild (checkpoint.cc); tests and the fuzz target come here directly.
//
// Goals: what torch.onnx, tf2onnx and keras2onnx export of a ResNet, batch-norm folded or not, with
// the weights in the file. Not goals: quantised graphs, other operators, weights beside the file.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_ONNX_H_
#define RESNET_IMPORT_ONNX_H_

#include "base/bytes.h"
#include "base/result.h"
#include "import/hints.h"
#include "model/tensor.h"

namespace resnet {

/// The network's tensors under torchvision's names; what the graph says besides stands in the
/// metadata, for OnnxHints. Errors: kBadModel, kTruncated; kUnsupportedModel for an operator that a
/// ResNet does not have, or has otherwise, by its node's name, and for weights in other files;
/// kWrongArchitecture for a graph that is another network.
Result<TensorFile> ReadOnnx(Bytes bytes);

/// What ReadOnnx put into the metadata. Errors: kInternal for anything else.
Result<Hints> OnnxHints(const StringMap& metadata);

}  // namespace resnet

#endif  // RESNET_IMPORT_ONNX_H_
