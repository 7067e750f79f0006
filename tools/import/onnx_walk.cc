// See onnx_walk.h.
//
// SPDX-License-Identifier: MIT
#include "import/onnx_walk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "import/onnx_cursor.h"

namespace resnet {
namespace {

class Walker {
 public:
  explicit Walker(const OnnxGraph& graph) : graph_(graph), mover_(graph) {}

  Result<FoundNetwork> Walk();

 private:
  struct Branch {
    std::vector<FoundConv> convs;
    const OnnxNode* join;
    bool channels_last;
  };

  Result<FoundConv> TakeConv(const OnnxNode& node, OnnxCursor& cursor);
  Status TakeFollowers(FoundConv& conv, OnnxCursor& cursor);
  Status TakeNorm(const OnnxNode& node, const OnnxCursor& cursor, FoundConv& conv);
  const Tensor* AddedConstant(const OnnxNode& node, const OnnxCursor& cursor,
                              int64_t channels) const;

  Status TakeStem(OnnxCursor& cursor);
  Result<Branch> TakeBranch(const OnnxNode* node, OnnxCursor cursor);
  Status TakeBlock(OnnxCursor& cursor, const std::vector<const OnnxNode*>& starts);
  Status TakePooling(OnnxCursor& cursor);
  Result<FoundDense> TakeDense(const OnnxNode& node, OnnxCursor& cursor) const;
  Status TakeHead(OnnxCursor& cursor);

  const OnnxGraph& graph_;
  OnnxMover mover_;
  FoundNetwork found_;
};

bool AllAre(const std::vector<int64_t>& values, int64_t expected) {
  return std::ranges::all_of(values, [&](int64_t value) { return value == expected; });
}

Result<FoundConv> Walker::TakeConv(const OnnxNode& node, OnnxCursor& cursor) {
  if (node.op != "Conv" || node.input(0) != cursor.value || cursor.channels_last)
    return UnknownNode(node);
  RESNET_RETURN_IF_ERROR(mover_.Step(node));
  FoundConv conv;
  conv.node = node.name;
  conv.weight = mover_.Constant(node.input(1));
  conv.bias = mover_.Constant(node.input(2));
  if (conv.weight == nullptr || (conv.bias == nullptr && !node.input(2).empty()))
    return UnsupportedNode(node, "has no constant weights, as a quantised network has none");
  const Shape& shape = conv.weight->shape;
  if (shape.size() != kOnnxPicture || shape[2] != shape[3] || shape[2] < 1 || shape[2] > 7)
    return UnsupportedNode(node, StrCat("has weights of the shape ", ShapeText(shape),
                                        ", a square kernel was expected"));
  const std::vector<int64_t> strides = node.Integers("strides", {1, 1});
  if (strides.size() != 2 || !(AllAre(strides, 1) || AllAre(strides, 2)))
    return UnsupportedNode(node, StrCat("has the strides ", ShapeText(strides)));
  if (node.Integer("group", 1) != 1)
    return UnsupportedNode(node, StrCat("has ", node.Integer("group", 1),
                                        " groups: this is a ResNeXt or another relative"));
  if (!AllAre(node.Integers("dilations"), 1)) return UnsupportedNode(node, "is dilated");
  conv.stride = static_cast<int>(strides[0]);
  RESNET_RETURN_IF_ERROR(mover_.TakePadding(node, shape[2], conv.stride, cursor));
  cursor.value = node.outputs[0];
  RESNET_RETURN_IF_ERROR(TakeFollowers(conv, cursor));
  return conv;
}

/// The constant that an Add puts on every channel; null where it does something else.
const Tensor* Walker::AddedConstant(const OnnxNode& node, const OnnxCursor& cursor,
                                    int64_t channels) const {
  const std::string_view other = node.input(node.input(0) == cursor.value ? 1 : 0);
  const Tensor* tensor = node.op == "Add" ? mover_.Constant(other) : nullptr;
  if (tensor == nullptr || tensor->count() != static_cast<uint64_t>(channels)) return nullptr;
  // Which dimension of the value the constant's last one meets depends on the layout.
  const size_t behind = cursor.channels_last ? 1 : 3;
  const Shape& shape = tensor->shape;
  const bool fits = shape.size() >= behind && shape.size() <= kOnnxPicture &&
                    shape[shape.size() - behind] == channels;
  return fits ? tensor : nullptr;
}

Status Walker::TakeNorm(const OnnxNode& node, const OnnxCursor& cursor, FoundConv& conv) {
  if (cursor.channels_last || node.input(0) != cursor.value) return UnknownNode(node);
  if (node.Integer("training_mode", 0) != 0 || node.Integer("spatial", 1) != 1)
    return UnsupportedNode(node, "is in training mode: export the network after eval()");
  const BatchNorm norm{mover_.Constant(node.input(1)), mover_.Constant(node.input(2)),
                       mover_.Constant(node.input(3)), mover_.Constant(node.input(4))};
  if (norm.gamma == nullptr || norm.beta == nullptr || norm.mean == nullptr ||
      norm.variance == nullptr)
    return UnsupportedNode(node, "computes its numbers, constants were expected");
  const double epsilon = node.Number("epsilon", double{1e-5f});
  if (found_.epsilon && *found_.epsilon != epsilon)
    return UnsupportedNode(node,
                           StrCat("has the epsilon ", epsilon, ", another one ", *found_.epsilon));
  found_.epsilon = epsilon;
  conv.norm = norm;
  return {};
}

/// Bias, batch-norm and ReLU, in that order, each if it is there.
Status Walker::TakeFollowers(FoundConv& conv, OnnxCursor& cursor) {
  while (true) {
    RESNET_RETURN_IF_ERROR(mover_.SkipNeutral(cursor));
    const OnnxNode* node = cursor.padding == kNoPadding ? mover_.OnlyNext(cursor) : nullptr;
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
    RESNET_RETURN_IF_ERROR(mover_.Step(*node));
    cursor.value = node->outputs[0];
    if (conv.relu) return {};
  }
}

Status Walker::TakeStem(OnnxCursor& cursor) {
  RESNET_RETURN_IF_ERROR(mover_.SkipNeutral(cursor));
  const OnnxNode* first = mover_.OnlyNext(cursor);
  if (first == nullptr)
    return Error{ErrorCode::kWrongArchitecture, "the graph's input goes to no or to several nodes"};
  if (first->op != "Conv")
    return UnsupportedNode(*first,
                           "works on the input before the first convolution: export the network "
                           "without its preprocessing, which is a model's recipe here");
  RESNET_ASSIGN_OR_RETURN(found_.stem, TakeConv(*first, cursor));
  RESNET_RETURN_IF_ERROR(mover_.SkipNeutral(cursor));
  const OnnxNode* pool = mover_.OnlyNext(cursor);
  if (pool == nullptr || pool->op != "MaxPool") return {};
  const bool plain = pool->Integers("kernel_shape") == std::vector<int64_t>{3, 3} &&
                     pool->Integers("strides") == std::vector<int64_t>{2, 2} &&
                     AllAre(pool->Integers("dilations"), 1) && pool->Integer("ceil_mode", 0) == 0 &&
                     !cursor.channels_last;
  if (!plain) return UnsupportedNode(*pool, "is not a pooling of 3x3 with stride 2");
  RESNET_RETURN_IF_ERROR(mover_.TakePadding(*pool, 3, 2, cursor));
  RESNET_RETURN_IF_ERROR(mover_.Step(*pool));
  found_.stem_pooling = true;
  cursor.value = pool->outputs[0];
  return {};
}

/// From a fork to the sum at which the block's branches meet.
Result<Walker::Branch> Walker::TakeBranch(const OnnxNode* node, OnnxCursor cursor) {
  constexpr size_t kMostConvs = 3;
  Branch branch{{}, nullptr, false};
  while (node != nullptr) {
    RESNET_ASSIGN_OR_RETURN(const bool passed, mover_.PassNeutral(*node, cursor));
    if (!passed && (node->op == "Add" || node->op == "Sum")) {
      if (cursor.padding != kNoPadding || node->inputs.size() != 2) return UnknownNode(*node);
      RESNET_RETURN_IF_ERROR(mover_.Step(*node));
      branch.join = node;
      branch.channels_last = cursor.channels_last;
      return branch;
    }
    if (!passed) {
      if (branch.convs.size() == kMostConvs) return UnknownNode(*node);
      RESNET_ASSIGN_OR_RETURN(FoundConv conv, TakeConv(*node, cursor));
      branch.convs.push_back(std::move(conv));
    }
    node = mover_.OnlyNext(cursor);
  }
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("a branch after value \"", Printable(cursor.value),
                      "\" forks again or ends, a sum was expected")};
}

Status Walker::TakeBlock(OnnxCursor& cursor, const std::vector<const OnnxNode*>& starts) {
  RESNET_ASSIGN_OR_RETURN(Branch main, TakeBranch(starts[0], cursor));
  RESNET_ASSIGN_OR_RETURN(Branch side, TakeBranch(starts[1], cursor));
  if (main.convs.size() < side.convs.size()) std::swap(main, side);
  if (main.join != side.join || main.channels_last != side.channels_last || side.convs.size() > 1)
    return UnsupportedNode(*main.join, "is not the sum of a block and its shortcut");
  FoundBlock block{std::move(main.convs), std::nullopt};
  if (!side.convs.empty()) block.shortcut = std::move(side.convs[0]);
  cursor = {main.join->outputs[0], main.channels_last, kNoPadding};
  RESNET_RETURN_IF_ERROR(mover_.SkipNeutral(cursor));
  const OnnxNode* relu = mover_.OnlyNext(cursor);
  if (relu == nullptr || relu->op != "Relu" || cursor.padding != kNoPadding)
    return UnsupportedNode(*main.join, "is not followed by a ReLU");
  RESNET_RETURN_IF_ERROR(mover_.Step(*relu));
  cursor.value = relu->outputs[0];
  found_.blocks.push_back(std::move(block));
  return mover_.SkipNeutral(cursor);
}

Status Walker::TakePooling(OnnxCursor& cursor) {
  const OnnxNode* node = mover_.OnlyNext(cursor);
  if (node == nullptr)
    return Error{ErrorCode::kWrongArchitecture,
                 "the graph ends before its pooling: a network with its classes was expected"};
  bool whole = node->op == "GlobalAveragePool" && !cursor.channels_last;
  if (node->op == "ReduceMean") {
    RESNET_ASSIGN_OR_RETURN(std::vector<int64_t> axes, mover_.IntegersOf(*node, 1, "axes"));
    for (int64_t& axis : axes) axis += axis < 0 ? static_cast<int64_t>(kOnnxPicture) : 0;
    std::ranges::sort(axes);
    whole =
        axes == (cursor.channels_last ? std::vector<int64_t>{1, 2} : std::vector<int64_t>{2, 3});
  }
  if (!whole || cursor.padding != kNoPadding) return UnknownNode(*node);
  RESNET_RETURN_IF_ERROR(mover_.Step(*node));
  cursor.value = node->outputs[0];
  return {};
}

/// Gemm, or MatMul with an Add after it, and the ReLU of a hidden layer.
Result<FoundDense> Walker::TakeDense(const OnnxNode& node, OnnxCursor& cursor) const {
  FoundDense dense;
  dense.node = node.name;
  const bool gemm = node.op == "Gemm";
  if ((!gemm && node.op != "MatMul") || node.input(0) != cursor.value || node.outputs.empty())
    return UnknownNode(node);
  dense.weight = mover_.Constant(node.input(1));
  if (dense.weight == nullptr || dense.weight->shape.size() != 2)
    return UnsupportedNode(node, "has no constant matrix");
  cursor.value = node.outputs[0];
  if (gemm) {
    const bool plain = node.Number("alpha", 1) == 1 && node.Number("beta", 1) == 1 &&
                       node.Integer("transA", 0) == 0;
    dense.bias = mover_.Constant(node.input(2));
    if (!plain || (dense.bias == nullptr && !node.input(2).empty())) return UnknownNode(node);
    dense.outputs_first = node.Integer("transB", 0) != 0;
  }
  const OnnxNode* add = mover_.OnlyNext(cursor);
  if (!gemm && add != nullptr && add->op == "Add" && !add->outputs.empty()) {
    dense.bias = mover_.Constant(add->input(add->input(0) == cursor.value ? 1 : 0));
    if (dense.bias == nullptr) return UnknownNode(*add);
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
Status Walker::TakeHead(OnnxCursor& cursor) {
  while (!mover_.Next(cursor).empty()) {
    const OnnxNode* node = mover_.OnlyNext(cursor);
    if (node == nullptr)
      return Error{ErrorCode::kUnsupportedModel, "the graph forks after its pooling"};
    RESNET_RETURN_IF_ERROR(mover_.Step(*node));
    const bool has_dense = !found_.head.empty();
    if (found_.softmax) return UnknownNode(*node);
    if (IsFlattening(*node)) {
      cursor.value = node->outputs[0];
    } else if (has_dense && node->op == "Relu" && !found_.head.back().relu) {
      found_.head.back().relu = true;
      cursor.value = node->outputs[0];
    } else if (has_dense && (node->op == "Softmax" || node->op == "LogSoftmax")) {
      found_.softmax = true;
      cursor.value = node->outputs[0];
    } else {
      if (has_dense && !found_.head.back().relu) return UnknownNode(*node);
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
  found_.channels_last =
      shape.size() == kOnnxPicture && shape[3] == kColours && shape[1] != kColours;
  OnnxCursor cursor{graph_.input, found_.channels_last, kNoPadding};
  RESNET_RETURN_IF_ERROR(TakeStem(cursor));
  RESNET_RETURN_IF_ERROR(mover_.SkipNeutral(cursor));
  for (auto starts = mover_.Next(cursor); starts.size() == 2; starts = mover_.Next(cursor))
    RESNET_RETURN_IF_ERROR(TakeBlock(cursor, starts));
  RESNET_RETURN_IF_ERROR(TakePooling(cursor));
  RESNET_RETURN_IF_ERROR(TakeHead(cursor));
  return std::move(found_);
}

}  // namespace

Result<FoundNetwork> WalkOnnx(const OnnxGraph& graph) { return Walker(graph).Walk(); }

}  // namespace resnet
