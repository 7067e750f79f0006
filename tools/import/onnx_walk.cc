// See onnx_walk.h.
//
// A walk holds a cursor: the value that it has reached, and how that value is laid out. Exporters
// from TensorFlow put Transpose and Pad nodes anywhere between a ResNet's layers; a Transpose turns
// the cursor's layout, a Pad waits in the cursor for the convolution or pooling after it.
//
// SPDX-License-Identifier: MIT
#include "import/onnx_walk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

using Padding = std::array<int64_t, 4>;  // top, left, bottom, right

constexpr Padding kNone = {0, 0, 0, 0};
constexpr size_t kPicture = 4;  // dimensions: batch, channels, height, width in some order

struct Cursor {
  std::string value;
  bool channels_last = false;
  Padding padding = kNone;
};

Error Unsupported(const OnnxNode& node, std::string_view what) {
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("node \"", node.name, "\" (", node.op, ") ", what)};
}

Error Unknown(const OnnxNode& node) {
  return Unsupported(node, "is not what a ResNet has at this place");
}

class Walker {
 public:
  explicit Walker(const OnnxGraph& graph);

  Result<FoundNetwork> Walk();

 private:
  struct Branch {
    std::vector<FoundConv> convs;
    const OnnxNode* join;
    bool channels_last;
  };

  const Tensor* Constant(std::string_view name) const;
  Result<std::vector<int64_t>> IntegersOf(const OnnxNode& node, size_t input,
                                          std::string_view attribute) const;
  std::vector<const OnnxNode*> Next(const Cursor& cursor) const;
  const OnnxNode* OnlyNext(const Cursor& cursor) const;

  Result<bool> PassNeutral(const OnnxNode& node, Cursor& cursor);
  Status SkipNeutral(Cursor& cursor);
  Status Turn(const OnnxNode& node, Cursor& cursor) const;
  Status TakePad(const OnnxNode& node, Cursor& cursor) const;
  Status TakePadding(const OnnxNode& node, int64_t kernel, int64_t stride, Cursor& cursor) const;

  Result<FoundConv> TakeConv(const OnnxNode& node, Cursor& cursor);
  Status TakeFollowers(FoundConv& conv, Cursor& cursor);
  Status TakeNorm(const OnnxNode& node, const Cursor& cursor, FoundConv& conv);
  const Tensor* AddedConstant(const OnnxNode& node, const Cursor& cursor, int64_t channels) const;

  Status TakeStem(Cursor& cursor);
  Result<Branch> TakeBranch(const OnnxNode* node, Cursor cursor);
  Status TakeBlock(Cursor& cursor, const std::vector<const OnnxNode*>& starts);
  Status TakePooling(Cursor& cursor);
  Result<FoundDense> TakeDense(const OnnxNode& node, Cursor& cursor) const;
  Status TakeHead(Cursor& cursor);
  Status Step(const OnnxNode& node);

  const OnnxGraph& graph_;
  std::multimap<std::string_view, const OnnxNode*> consumers_;
  FoundNetwork found_;
  size_t steps_ = 0;
};

/// Nodes that ask for a value's shape do not use its numbers.
Walker::Walker(const OnnxGraph& graph) : graph_(graph) {
  for (const OnnxNode& node : graph.nodes) {
    if (node.op == "Shape") continue;
    for (const std::string& input : node.inputs) consumers_.emplace(input, &node);
  }
}

const Tensor* Walker::Constant(std::string_view name) const {
  const auto found = graph_.constants.find(name);
  return found == graph_.constants.end() ? nullptr : &found->second;
}

/// An option that was an attribute in older versions of an operator and is an input now; empty
/// where it is not given.
Result<std::vector<int64_t>> Walker::IntegersOf(const OnnxNode& node, size_t input,
                                                std::string_view attribute) const {
  if (node.input(input).empty()) return node.Integers(attribute);
  const Tensor* tensor = Constant(node.input(input));
  if (tensor == nullptr || tensor->dtype != DType::kI64)
    return Unsupported(node, StrCat("computes its ", attribute, ", constants were expected"));
  const auto values = tensor->as<int64_t>();
  return std::vector<int64_t>(values.begin(), values.end());
}

std::vector<const OnnxNode*> Walker::Next(const Cursor& cursor) const {
  std::vector<const OnnxNode*> nodes;
  const auto [begin, end] = consumers_.equal_range(cursor.value);
  for (auto at = begin; at != end; ++at) nodes.push_back(at->second);
  return nodes;
}

/// Null at the end and at a fork.
const OnnxNode* Walker::OnlyNext(const Cursor& cursor) const {
  const std::vector<const OnnxNode*> nodes = Next(cursor);
  return nodes.size() == 1 ? nodes[0] : nullptr;
}

/// Every node is passed once, a branch's join twice: more is a graph that bites its tail.
Status Walker::Step(const OnnxNode& node) {
  if (node.outputs.empty()) return Unsupported(node, "has no output");
  if (++steps_ <= 2 * graph_.nodes.size()) return {};
  return Error{ErrorCode::kBadModel, "the graph has a cycle"};
}

Status Walker::Turn(const OnnxNode& node, Cursor& cursor) const {
  const std::vector<int64_t> perm = node.Integers("perm");
  const bool to_first = perm == std::vector<int64_t>{0, 3, 1, 2};
  const bool to_last = perm == std::vector<int64_t>{0, 2, 3, 1};
  if ((!to_first && !to_last) || to_last == cursor.channels_last) return Unknown(node);
  cursor.channels_last = to_last;
  return {};
}

Status Walker::TakePad(const OnnxNode& node, Cursor& cursor) const {
  RESNET_ASSIGN_OR_RETURN(const std::vector<int64_t> pads, IntegersOf(node, 1, "pads"));
  const Tensor* value = Constant(node.input(2));
  // Pooling comes after a ReLU, so that zeros never win there.
  const bool zeros = node.Text("mode", "constant") == "constant" && node.Number("value", 0) == 0 &&
                     (node.input(2).empty() ||
                      (value != nullptr &&
                       std::ranges::all_of(value->data, [](uint8_t byte) { return byte == 0; })));
  if (!zeros || pads.size() != 2 * kPicture || !node.input(3).empty())
    return Unsupported(node, "pads otherwise than with zeros around the picture");
  const size_t height = cursor.channels_last ? 1 : 2;
  const size_t channels = cursor.channels_last ? 3 : 1;
  const bool inside =
      pads[0] == 0 && pads[kPicture] == 0 && pads[channels] == 0 && pads[kPicture + channels] == 0;
  const Padding around = {pads[height], pads[height + 1], pads[kPicture + height],
                          pads[kPicture + height + 1]};
  constexpr int64_t kMost = 16;  // a ResNet pads by 3
  for (size_t i = 0; i < around.size(); ++i) {
    if (!inside || around[i] < 0 || around[i] > kMost || cursor.padding[i] > 0)
      return Unsupported(node, StrCat("pads by ", ShapeText(pads)));
    cursor.padding[i] += around[i];
  }
  return {};
}

/// A half, float, double or bfloat16 of ONNX.
bool IsFloatType(int64_t type) { return type == 1 || type == 10 || type == 11 || type == 16; }

/// True, and the cursor has moved, for nodes that change no number.
Result<bool> Walker::PassNeutral(const OnnxNode& node, Cursor& cursor) {
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

Status Walker::SkipNeutral(Cursor& cursor) {
  while (const OnnxNode* node = OnlyNext(cursor)) {
    RESNET_ASSIGN_OR_RETURN(const bool passed, PassNeutral(*node, cursor));
    if (!passed) break;
  }
  return {};
}

/// Padding in the node and in Pad nodes before it must make kernel / 2 on every side.
Status Walker::TakePadding(const OnnxNode& node, int64_t kernel, int64_t stride,
                           Cursor& cursor) const {
  Padding total = std::exchange(cursor.padding, kNone);
  const std::string_view automatic = node.Text("auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  // With a stride, "same" pads by what the picture's size leaves over.
  if (same && stride != 1 && kernel != 1)
    return Unsupported(node, "pads unevenly, as TensorFlow's \"same\" does with a stride");
  std::vector<int64_t> pads = node.Integers("pads", {0, 0, 0, 0});
  if (automatic == "VALID") pads = {0, 0, 0, 0};
  if (same) pads.assign(4, kernel / 2);
  bool fits = pads.size() == 4;
  for (size_t i = 0; fits && i < 4; ++i) {
    fits = pads[i] >= 0 && pads[i] <= kernel && (total[i] += pads[i]) == kernel / 2;
  }
  if (fits) return {};
  return Unsupported(node, StrCat("has the padding ", ShapeText(total), ", ", kernel / 2,
                                  " on every side was expected"));
}

bool AllAre(const std::vector<int64_t>& values, int64_t expected) {
  return std::ranges::all_of(values, [&](int64_t value) { return value == expected; });
}

Result<FoundConv> Walker::TakeConv(const OnnxNode& node, Cursor& cursor) {
  if (node.op != "Conv" || node.input(0) != cursor.value || cursor.channels_last)
    return Unknown(node);
  RESNET_RETURN_IF_ERROR(Step(node));
  FoundConv conv;
  conv.node = node.name;
  conv.weight = Constant(node.input(1));
  conv.bias = Constant(node.input(2));
  if (conv.weight == nullptr || (conv.bias == nullptr && !node.input(2).empty()))
    return Unsupported(node, "has no constant weights, as a quantised network has none");
  const Shape& shape = conv.weight->shape;
  if (shape.size() != kPicture || shape[2] != shape[3] || shape[2] < 1 || shape[2] > 7)
    return Unsupported(node, StrCat("has weights of the shape ", ShapeText(shape),
                                    ", a square kernel was expected"));
  const std::vector<int64_t> strides = node.Integers("strides", {1, 1});
  if (strides.size() != 2 || !(AllAre(strides, 1) || AllAre(strides, 2)))
    return Unsupported(node, StrCat("has the strides ", ShapeText(strides)));
  if (node.Integer("group", 1) != 1)
    return Unsupported(node, StrCat("has ", node.Integer("group", 1),
                                    " groups: this is a ResNeXt or another relative"));
  if (!AllAre(node.Integers("dilations"), 1)) return Unsupported(node, "is dilated");
  conv.stride = static_cast<int>(strides[0]);
  RESNET_RETURN_IF_ERROR(TakePadding(node, shape[2], conv.stride, cursor));
  cursor.value = node.outputs[0];
  RESNET_RETURN_IF_ERROR(TakeFollowers(conv, cursor));
  return conv;
}

/// The constant that an Add puts on every channel; null where it does something else.
const Tensor* Walker::AddedConstant(const OnnxNode& node, const Cursor& cursor,
                                    int64_t channels) const {
  const std::string_view other = node.input(node.input(0) == cursor.value ? 1 : 0);
  const Tensor* tensor = node.op == "Add" ? Constant(other) : nullptr;
  if (tensor == nullptr || tensor->count() != static_cast<uint64_t>(channels)) return nullptr;
  // Which dimension of the value the constant's last one meets depends on the layout.
  const size_t behind = cursor.channels_last ? 1 : 3;
  const Shape& shape = tensor->shape;
  const bool fits = shape.size() >= behind && shape.size() <= kPicture &&
                    shape[shape.size() - behind] == channels;
  return fits ? tensor : nullptr;
}

Status Walker::TakeNorm(const OnnxNode& node, const Cursor& cursor, FoundConv& conv) {
  if (cursor.channels_last || node.input(0) != cursor.value) return Unknown(node);
  if (node.Integer("training_mode", 0) != 0 || node.Integer("spatial", 1) != 1)
    return Unsupported(node, "is in training mode: export the network after eval()");
  const BatchNorm norm{Constant(node.input(1)), Constant(node.input(2)), Constant(node.input(3)),
                       Constant(node.input(4))};
  if (norm.gamma == nullptr || norm.beta == nullptr || norm.mean == nullptr ||
      norm.variance == nullptr)
    return Unsupported(node, "computes its numbers, constants were expected");
  const double epsilon = node.Number("epsilon", kTorchEpsilon);
  if (found_.epsilon && *found_.epsilon != epsilon)
    return Unsupported(node,
                       StrCat("has the epsilon ", epsilon, ", another one ", *found_.epsilon));
  found_.epsilon = epsilon;
  conv.norm = norm;
  return {};
}

/// Bias, batch-norm and ReLU, in that order, each if it is there.
Status Walker::TakeFollowers(FoundConv& conv, Cursor& cursor) {
  while (true) {
    RESNET_RETURN_IF_ERROR(SkipNeutral(cursor));
    const OnnxNode* node = cursor.padding == kNone ? OnlyNext(cursor) : nullptr;
    if (node == nullptr) return {};
    const Tensor* added = AddedConstant(*node, cursor, conv.weight->shape[0]);
    if (added != nullptr && conv.bias == nullptr && !conv.norm) {
      conv.bias = added;
    } else if (node->op == "BatchNormalization" && !conv.norm) {
      RESNET_RETURN_IF_ERROR(TakeNorm(*node, cursor, conv));
    } else if (node->op == "Relu") {
      conv.relu = true;
    } else {
      return {};
    }
    RESNET_RETURN_IF_ERROR(Step(*node));
    cursor.value = node->outputs[0];
    if (conv.relu) return {};
  }
}

Status Walker::TakeStem(Cursor& cursor) {
  RESNET_RETURN_IF_ERROR(SkipNeutral(cursor));
  const OnnxNode* first = OnlyNext(cursor);
  if (first == nullptr)
    return Error{ErrorCode::kWrongArchitecture, "the graph's input goes to no or to several nodes"};
  if (first->op != "Conv")
    return Unsupported(*first,
                       "works on the input before the first convolution: export the network "
                       "without its preprocessing, which is a model's recipe here");
  RESNET_ASSIGN_OR_RETURN(found_.stem, TakeConv(*first, cursor));
  RESNET_RETURN_IF_ERROR(SkipNeutral(cursor));
  const OnnxNode* pool = OnlyNext(cursor);
  if (pool == nullptr || pool->op != "MaxPool") return {};
  const bool plain = pool->Integers("kernel_shape") == std::vector<int64_t>{3, 3} &&
                     pool->Integers("strides") == std::vector<int64_t>{2, 2} &&
                     AllAre(pool->Integers("dilations"), 1) && pool->Integer("ceil_mode", 0) == 0 &&
                     !cursor.channels_last;
  if (!plain) return Unsupported(*pool, "is not a pooling of 3x3 with stride 2");
  RESNET_RETURN_IF_ERROR(TakePadding(*pool, 3, 2, cursor));
  RESNET_RETURN_IF_ERROR(Step(*pool));
  found_.stem_pooling = true;
  cursor.value = pool->outputs[0];
  return {};
}

/// From a fork to the sum at which the block's branches meet.
Result<Walker::Branch> Walker::TakeBranch(const OnnxNode* node, Cursor cursor) {
  constexpr size_t kMostConvs = 3;
  Branch branch{{}, nullptr, false};
  while (node != nullptr) {
    RESNET_ASSIGN_OR_RETURN(const bool passed, PassNeutral(*node, cursor));
    if (!passed && (node->op == "Add" || node->op == "Sum")) {
      if (cursor.padding != kNone || node->inputs.size() != 2) return Unknown(*node);
      RESNET_RETURN_IF_ERROR(Step(*node));
      branch.join = node;
      branch.channels_last = cursor.channels_last;
      return branch;
    }
    if (!passed) {
      if (branch.convs.size() == kMostConvs) return Unknown(*node);
      RESNET_ASSIGN_OR_RETURN(FoundConv conv, TakeConv(*node, cursor));
      branch.convs.push_back(std::move(conv));
    }
    node = OnlyNext(cursor);
  }
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("a branch after value \"", Printable(cursor.value),
                      "\" forks again or ends, a sum was expected")};
}

Status Walker::TakeBlock(Cursor& cursor, const std::vector<const OnnxNode*>& starts) {
  RESNET_ASSIGN_OR_RETURN(Branch main, TakeBranch(starts[0], cursor));
  RESNET_ASSIGN_OR_RETURN(Branch side, TakeBranch(starts[1], cursor));
  if (main.convs.size() < side.convs.size()) std::swap(main, side);
  if (main.join != side.join || main.channels_last != side.channels_last || side.convs.size() > 1)
    return Unsupported(*main.join, "is not the sum of a block and its shortcut");
  FoundBlock block{std::move(main.convs), std::nullopt};
  if (!side.convs.empty()) block.shortcut = std::move(side.convs[0]);
  cursor = {main.join->outputs[0], main.channels_last, kNone};
  RESNET_RETURN_IF_ERROR(SkipNeutral(cursor));
  const OnnxNode* relu = OnlyNext(cursor);
  if (relu == nullptr || relu->op != "Relu" || cursor.padding != kNone)
    return Unsupported(*main.join, "is not followed by a ReLU");
  RESNET_RETURN_IF_ERROR(Step(*relu));
  cursor.value = relu->outputs[0];
  found_.blocks.push_back(std::move(block));
  return SkipNeutral(cursor);
}

Status Walker::TakePooling(Cursor& cursor) {
  const OnnxNode* node = OnlyNext(cursor);
  if (node == nullptr)
    return Error{ErrorCode::kWrongArchitecture,
                 "the graph ends before its pooling: a network with its classes was expected"};
  bool whole = node->op == "GlobalAveragePool" && !cursor.channels_last;
  if (node->op == "ReduceMean") {
    RESNET_ASSIGN_OR_RETURN(std::vector<int64_t> axes, IntegersOf(*node, 1, "axes"));
    for (int64_t& axis : axes) axis += axis < 0 ? static_cast<int64_t>(kPicture) : 0;
    std::ranges::sort(axes);
    whole =
        axes == (cursor.channels_last ? std::vector<int64_t>{1, 2} : std::vector<int64_t>{2, 3});
  }
  if (!whole || cursor.padding != kNone) return Unknown(*node);
  RESNET_RETURN_IF_ERROR(Step(*node));
  cursor.value = node->outputs[0];
  return {};
}

/// Gemm, or MatMul with an Add after it, and the ReLU of a hidden layer.
Result<FoundDense> Walker::TakeDense(const OnnxNode& node, Cursor& cursor) const {
  FoundDense dense;
  dense.node = node.name;
  const bool gemm = node.op == "Gemm";
  if ((!gemm && node.op != "MatMul") || node.input(0) != cursor.value || node.outputs.empty())
    return Unknown(node);
  dense.weight = Constant(node.input(1));
  if (dense.weight == nullptr || dense.weight->shape.size() != 2)
    return Unsupported(node, "has no constant matrix");
  cursor.value = node.outputs[0];
  if (gemm) {
    const bool plain = node.Number("alpha", 1) == 1 && node.Number("beta", 1) == 1 &&
                       node.Integer("transA", 0) == 0;
    dense.bias = Constant(node.input(2));
    if (!plain || (dense.bias == nullptr && !node.input(2).empty())) return Unknown(node);
    dense.outputs_first = node.Integer("transB", 0) != 0;
  }
  const OnnxNode* add = OnlyNext(cursor);
  if (!gemm && add != nullptr && add->op == "Add" && !add->outputs.empty()) {
    dense.bias = Constant(add->input(add->input(0) == cursor.value ? 1 : 0));
    if (dense.bias == nullptr) return Unknown(*add);
    cursor.value = add->outputs[0];
  }
  return dense;
}

bool IsFlattening(const OnnxNode& node) {
  constexpr std::array<std::string_view, 6> kOps = {"Flatten",  "Reshape", "Squeeze",
                                                    "Identity", "Dropout", "Cast"};
  return std::ranges::find(kOps, node.op) != kOps.end() || node.op == "Transpose";
}

/// One or two dense layers. After the pooling a picture is one pixel: how it is made flat does not
/// matter.
Status Walker::TakeHead(Cursor& cursor) {
  while (!Next(cursor).empty()) {
    const OnnxNode* node = OnlyNext(cursor);
    if (node == nullptr)
      return Error{ErrorCode::kUnsupportedModel, "the graph forks after its pooling"};
    RESNET_RETURN_IF_ERROR(Step(*node));
    const bool has_dense = !found_.head.empty();
    if (found_.softmax) return Unknown(*node);
    if (IsFlattening(*node)) {
      cursor.value = node->outputs[0];
    } else if (has_dense && node->op == "Relu" && !found_.head.back().relu) {
      found_.head.back().relu = true;
      cursor.value = node->outputs[0];
    } else if (has_dense && (node->op == "Softmax" || node->op == "LogSoftmax")) {
      found_.softmax = true;
      cursor.value = node->outputs[0];
    } else {
      if (has_dense && !found_.head.back().relu) return Unknown(*node);
      RESNET_ASSIGN_OR_RETURN(FoundDense dense, TakeDense(*node, cursor));
      found_.head.push_back(std::move(dense));
    }
  }
  if (!found_.head.empty() && !found_.head.back().relu) return {};
  return Error{ErrorCode::kWrongArchitecture,
               "the graph does not end in a dense layer: a network with its classes was expected"};
}

Result<FoundNetwork> Walker::Walk() {
  const Shape& shape = graph_.input_shape;
  constexpr int64_t kColours = 3;
  found_.channels_last = shape.size() == kPicture && shape[3] == kColours && shape[1] != kColours;
  Cursor cursor{graph_.input, found_.channels_last, kNone};
  RESNET_RETURN_IF_ERROR(TakeStem(cursor));
  RESNET_RETURN_IF_ERROR(SkipNeutral(cursor));
  for (auto starts = Next(cursor); starts.size() == 2; starts = Next(cursor))
    RESNET_RETURN_IF_ERROR(TakeBlock(cursor, starts));
  RESNET_RETURN_IF_ERROR(TakePooling(cursor));
  RESNET_RETURN_IF_ERROR(TakeHead(cursor));
  return std::move(found_);
}

}  // namespace

Result<FoundNetwork> WalkOnnx(const OnnxGraph& graph) { return Walker(graph).Walk(); }

}  // namespace resnet
