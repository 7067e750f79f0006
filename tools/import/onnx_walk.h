// Walking an ONNX graph from its input to its output, recognising the parts of a ResNet.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_ONNX_WALK_H_
#define RESNET_IMPORT_ONNX_WALK_H_

#include <optional>
#include <vector>

#include "base/result.h"
#include "import/fold.h"
#include "import/onnx_graph.h"

namespace resnet {

/// A convolution with what follows it; tensors are the graph's. Its padding is kernel / 2 on every
/// side, its groups and dilations are 1.
struct FoundConv {
  std::string node;                ///< its name, for people
  const Tensor* weight = nullptr;  ///< [O, I, k, k]
  const Tensor* bias = nullptr;    ///< O elements in any shape; null: none
  std::optional<BatchNorm> norm;
  int stride = 1;
  bool relu = false;
};

/// relu(convs(x) + shortcut(x))
struct FoundBlock {
  std::vector<FoundConv> convs;
  std::optional<FoundConv> shortcut;
};

struct FoundDense {
  std::string node;
  const Tensor* weight = nullptr;
  bool outputs_first = false;  ///< [O, I], else [I, O]
  const Tensor* bias = nullptr;
  bool relu = false;
};

struct FoundNetwork {
  FoundConv stem;
  bool stem_pooling = false;  ///< 3x3, stride 2, padding 1
  std::vector<FoundBlock> blocks;
  std::vector<FoundDense> head;
  bool softmax = false;           ///< at the end
  bool channels_last = false;     ///< the input is [N, H, W, 3]
  std::optional<double> epsilon;  ///< the same in every batch-norm; nothing: there is none
};

/// Errors: kUnsupportedModel for what is no part of a ResNet, by its node; kBadModel for a graph
/// that has no end.
Result<FoundNetwork> WalkOnnx(const OnnxGraph& graph);

}  // namespace resnet

#endif  // RESNET_IMPORT_ONNX_WALK_H_
