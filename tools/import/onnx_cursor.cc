// See onnx_cursor.h.
//
// SPDX-License-Identifier: MIT
#include "import/onnx_cursor.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

// A half, float, double or bfloat16 of ONNX.
bool IsFloatType(int64_t type) { return type == 1 || type == 10 || type == 11 || type == 16; }

}  // namespace

Error UnsupportedNode(const OnnxNode& node, std::string_view what) {
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("node \"", node.name, "\" (", node.op, ") ", what)};
}

Error UnknownNode(const OnnxNode& node) {
  return UnsupportedNode(node, "is not what a ResNet has at this place");
}

// Nodes that ask for a value's shape do not use its numbers.
OnnxMover::OnnxMover(const OnnxGraph& graph) : graph_(graph) {
  for (const OnnxNode& node : graph.nodes) {
    if (node.op == "Shape") continue;
    for (const std::string& input : node.inputs) consumers_.emplace(input, &node);
  }
}

const Tensor* OnnxMover::Constant(std::string_view name) const {
  const auto found = graph_.constants.find(name);
  return found == graph_.constants.end() ? nullptr : &found->second;
}

Result<std::vector<int64_t>> OnnxMover::IntegersOf(const OnnxNode& node, size_t input,
                                                   std::string_view attribute) const {
  if (node.input(input).empty()) return node.Integers(attribute);
  const Tensor* tensor = Constant(node.input(input));
  if (tensor == nullptr || tensor->dtype != DType::kI64)
    return UnsupportedNode(node, StrCat("computes its ", attribute, ", constants were expected"));
  const auto values = tensor->as<int64_t>();
  return std::vector<int64_t>(values.begin(), values.end());
}

std::vector<const OnnxNode*> OnnxMover::Next(const OnnxCursor& cursor) const {
  std::vector<const OnnxNode*> nodes;
  const auto [begin, end] = consumers_.equal_range(cursor.value);
  for (auto at = begin; at != end; ++at) nodes.push_back(at->second);
  return nodes;
}

const OnnxNode* OnnxMover::OnlyNext(const OnnxCursor& cursor) const {
  const std::vector<const OnnxNode*> nodes = Next(cursor);
  return nodes.size() == 1 ? nodes[0] : nullptr;
}

// Every node is passed once, a branch's join twice: more is a graph that bites its tail.
Status OnnxMover::Step(const OnnxNode& node) {
  if (node.outputs.empty()) return UnsupportedNode(node, "has no output");
  if (++steps_ <= 2 * graph_.nodes.size()) return {};
  return Error{ErrorCode::kBadModel, "the graph has a cycle"};
}

Status OnnxMover::Turn(const OnnxNode& node, OnnxCursor& cursor) const {
  const std::vector<int64_t> perm = node.Integers("perm");
  const bool to_first = perm == std::vector<int64_t>{0, 3, 1, 2};
  const bool to_last = perm == std::vector<int64_t>{0, 2, 3, 1};
  if ((!to_first && !to_last) || to_last == cursor.channels_last) return UnknownNode(node);
  cursor.channels_last = to_last;
  return {};
}

Status OnnxMover::TakePad(const OnnxNode& node, OnnxCursor& cursor) const {
  RESNET_ASSIGN_OR_RETURN(const std::vector<int64_t> pads, IntegersOf(node, 1, "pads"));
  const Tensor* value = Constant(node.input(2));
  // Pooling comes after a ReLU, so that zeros never win there.
  const bool zeros = node.Text("mode", "constant") == "constant" && node.Number("value", 0) == 0 &&
                     (node.input(2).empty() ||
                      (value != nullptr &&
                       std::ranges::all_of(value->data, [](uint8_t byte) { return byte == 0; })));
  if (!zeros || pads.size() != 2 * kOnnxPicture || !node.input(3).empty())
    return UnsupportedNode(node, "pads otherwise than with zeros around the picture");
  const size_t height = cursor.channels_last ? 1 : 2;
  const size_t channels = cursor.channels_last ? 3 : 1;
  const bool inside = pads[0] == 0 && pads[kOnnxPicture] == 0 && pads[channels] == 0 &&
                      pads[kOnnxPicture + channels] == 0;
  const OnnxPadding around = {pads[height], pads[height + 1], pads[kOnnxPicture + height],
                              pads[kOnnxPicture + height + 1]};
  constexpr int64_t kMost = 16;  // a ResNet pads by 3
  for (size_t i = 0; i < around.size(); ++i) {
    if (!inside || around[i] < 0 || around[i] > kMost || cursor.padding[i] > 0)
      return UnsupportedNode(node, StrCat("pads by ", ShapeText(pads)));
    cursor.padding[i] += around[i];
  }
  return {};
}

Result<bool> OnnxMover::PassNeutral(const OnnxNode& node, OnnxCursor& cursor) {
  if (node.input(0) != cursor.value) return false;
  if (node.op == "Transpose") {
    RESNET_RETURN_IF_ERROR(Turn(node, cursor));
  } else if (node.op == "Pad") {
    RESNET_RETURN_IF_ERROR(TakePad(node, cursor));
  } else if (node.op == "Cast" ? !IsFloatType(node.Integer("to", 0))
                               : node.op != "Identity" && node.op != "Dropout") {
    return false;
  }
  RESNET_RETURN_IF_ERROR(Step(node));
  cursor.value = node.outputs[0];
  return true;
}

Status OnnxMover::SkipNeutral(OnnxCursor& cursor) {
  while (const OnnxNode* node = OnlyNext(cursor)) {
    RESNET_ASSIGN_OR_RETURN(const bool passed, PassNeutral(*node, cursor));
    if (!passed) break;
  }
  return {};
}

/// OnnxPadding in the node and in Pad nodes before it must make kernel / 2 on every side.
Status OnnxMover::TakePadding(const OnnxNode& node, int64_t kernel, int64_t stride,
                              OnnxCursor& cursor) const {
  OnnxPadding total = std::exchange(cursor.padding, kNoPadding);
  const std::string_view automatic = node.Text("auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  // With a stride, "same" pads by what the picture's size leaves over.
  if (same && stride != 1 && kernel != 1)
    return UnsupportedNode(node, "pads unevenly, as TensorFlow's \"same\" does with a stride");
  std::vector<int64_t> pads = node.Integers("pads", {0, 0, 0, 0});
  if (automatic == "VALID") pads = {0, 0, 0, 0};
  if (same) pads.assign(4, kernel / 2);
  bool fits = pads.size() == 4;
  for (size_t i = 0; fits && i < 4; ++i) {
    fits = pads[i] >= 0 && pads[i] <= kernel && (total[i] += pads[i]) == kernel / 2;
  }
  if (fits) return {};
  return UnsupportedNode(node, StrCat("has the padding ", ShapeText(total), ", ", kernel / 2,
                                      " on every side was expected"));
}

}  // namespace resnet
