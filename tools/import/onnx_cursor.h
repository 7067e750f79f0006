// Moving along an ONNX graph: who uses a value, and passing the nodes that only rearrange it.
//
// Exporters from TensorFlow put Transpose and Pad nodes anywhere between a ResNet's layers; a
// Transpose turns the cursor's layout, a Pad waits in the cursor for the convolution or pooling
// after it.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_ONNX_CURSOR_H_
#define RESNET_IMPORT_ONNX_CURSOR_H_

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "import/onnx_graph.h"

namespace resnet {

using OnnxPadding = std::array<int64_t, 4>;  // top, left, bottom, right

inline constexpr OnnxPadding kNoPadding = {0, 0, 0, 0};
inline constexpr size_t kOnnxPicture =
    4;  // dimensions: batch, channels, height, width in some order

/// The value that a walk has reached, and how it is laid out.
struct OnnxCursor {
  std::string value;
  bool channels_last = false;
  OnnxPadding padding = kNoPadding;
};

/// kUnsupportedModel, with the node's name and operator.
Error UnsupportedNode(const OnnxNode& node, std::string_view what);
/// The same, for an operator at a place where a ResNet has another.
Error UnknownNode(const OnnxNode& node);

/// Moves cursors along one graph, which must live as long.
class OnnxMover {
 public:
  explicit OnnxMover(const OnnxGraph& graph);

  /// Null where there is no constant of that name.
  const Tensor* Constant(std::string_view name) const;
  /// An option that was an attribute in older versions of an operator and is an input now; empty
  /// where it is not given.
  Result<std::vector<int64_t>> IntegersOf(const OnnxNode& node, size_t input,
                                          std::string_view attribute) const;

  /// The nodes that use the value's numbers.
  std::vector<const OnnxNode*> Next(const OnnxCursor& cursor) const;
  /// Null at the end and at a fork.
  const OnnxNode* OnlyNext(const OnnxCursor& cursor) const;

  /// To be called for each node that is passed: checks that it has an output, and that the walk
  /// does not go in circles.
  Status Step(const OnnxNode& node);
  /// True, and the cursor has moved, for nodes that change no number.
  Result<bool> PassNeutral(const OnnxNode& node, OnnxCursor& cursor);
  Status SkipNeutral(OnnxCursor& cursor);
  /// Padding in the node and in Pad nodes before it must make kernel / 2 on every side.
  Status TakePadding(const OnnxNode& node, int64_t kernel, int64_t stride,
                     OnnxCursor& cursor) const;

 private:
  Status Turn(const OnnxNode& node, OnnxCursor& cursor) const;
  Status TakePad(const OnnxNode& node, OnnxCursor& cursor) const;

  const OnnxGraph& graph_;
  std::multimap<std::string_view, const OnnxNode*> consumers_;
  size_t steps_ = 0;
};

}  // namespace resnet

#endif  // RESNET_IMPORT_ONNX_CURSOR_H_
