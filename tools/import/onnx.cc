// See onnx.h: from what a walk has found to named tensors.
//
// SPDX-License-Identifier: MIT
#include "import/onnx.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "base/strings.h"
#include "import/conventions.h"
#include "import/onnx_graph.h"
#include "import/onnx_walk.h"
#include "import/permute.h"

namespace resnet {
namespace {

// The metadata by which hints pass from the child process to the parent.
constexpr std::string_view kVariantKey = "variant", kEpsilonKey = "epsilon",
                           kProducerKey = "producer", kKerasKey = "keras", kSoftmaxKey = "softmax";
constexpr std::string_view kYes = "yes";

Error Wrong(std::string message) {
  return Error{ErrorCode::kWrongArchitecture, std::move(message)};
}

/// The known network with as many blocks of as many convolutions.
Result<NetworkSpec> MatchDepth(const FoundNetwork& found) {
  const size_t convs = found.blocks.empty() ? 0 : found.blocks[0].convs.size();
  for (const int depth : {18, 34, 50, 101, 152}) {
    const NetworkLayout layout = LayOut({.depth = depth});
    if (layout.blocks.size() == found.blocks.size() && layout.blocks[0].convs.size() == convs)
      return NetworkSpec{.depth = depth};
  }
  return Wrong(StrCat("the graph has ", found.blocks.size(), " residual blocks, the first of ",
                      convs,
                      " convolutions; ResNet-18, 34, 50, 101 and 152 have 8, 16 (of 2), 16, "
                      "33 and 50 (of 3)"));
}

/// Where the first bottleneck that halves the picture has its stride.
Variant MatchVariant(const FoundNetwork& found) {
  for (const FoundBlock& block : found.blocks) {
    for (size_t i = 0; i < block.convs.size(); ++i) {
      if (block.convs.size() == 3 && block.convs[i].stride == 2)
        return i == 0 ? Variant::kKeras : Variant::kTorchvision;
    }
  }
  return Variant::kTorchvision;
}

Result<NetworkSpec> Match(const FoundNetwork& found) {
  RESNET_ASSIGN_OR_RETURN(NetworkSpec network, MatchDepth(found));
  network.variant = MatchVariant(found);
  network.stem = found.stem_pooling ? Stem::kImagenet : Stem::kSmall;
  return network;
}

/// Writes found layers into a checkpoint with torchvision's names.
class Namer {
 public:
  Status Conv(const FoundConv& found, const ConvLayer& layer);
  Status Block(const FoundBlock& found, const resnet::Block& block);
  Status Head(const std::vector<FoundDense>& head);
  TensorMap Take() { return std::move(tensors_); }

 private:
  Status Add(const std::string& name, const Tensor& tensor, Shape shape);
  Status AddVector(const std::string& name, const Tensor* tensor);

  TensorMap tensors_;
};

/// `shape` has as many elements as the tensor.
Status Namer::Add(const std::string& name, const Tensor& tensor, Shape shape) {
  RESNET_ASSIGN_OR_RETURN(Tensor copy, tensor.Clone());
  copy.shape = std::move(shape);
  tensors_.insert_or_assign(name, std::move(copy));
  return {};
}

/// A bias may be [O], [1, O] or [O, 1, 1].
Status Namer::AddVector(const std::string& name, const Tensor* tensor) {
  if (tensor == nullptr) return {};
  return Add(name, *tensor, {static_cast<int64_t>(tensor->count())});
}

Status Namer::Conv(const FoundConv& found, const ConvLayer& layer) {
  const Shape expected = {layer.out_channels, layer.in_channels, layer.kernel, layer.kernel};
  const Shape& shape = found.weight->shape;
  const bool fits = shape == expected && found.stride == layer.stride && found.relu == layer.relu;
  if (!fits) {
    return Wrong(StrCat("node \"", found.node, "\" stands at the place of ", layer.name,
                        ": weights ", ShapeText(shape), ", stride ", found.stride,
                        found.relu ? ", a ReLU after it" : ", no ReLU after it", "; ",
                        ShapeText(expected), ", stride ", layer.stride,
                        layer.relu ? ", a ReLU" : ", none", " were expected"));
  }
  const LayerNames names = Conventions()[0].names(layer.name);
  RESNET_RETURN_IF_ERROR(Add(names.conv + ".weight", *found.weight, shape));
  RESNET_RETURN_IF_ERROR(AddVector(names.conv + ".bias", found.bias));
  if (!found.norm) {
    if (found.bias != nullptr) return {};
    // A convolution without bias whose batch-norm had nothing to add.
    const std::vector<float> zeros(static_cast<size_t>(layer.out_channels), 0.0f);
    RESNET_ASSIGN_OR_RETURN(Tensor bias, Tensor::FromFloats({layer.out_channels}, zeros));
    tensors_.insert_or_assign(names.conv + ".bias", std::move(bias));
    return {};
  }
  RESNET_RETURN_IF_ERROR(AddVector(names.norm + ".weight", found.norm->gamma));
  RESNET_RETURN_IF_ERROR(AddVector(names.norm + ".bias", found.norm->beta));
  RESNET_RETURN_IF_ERROR(AddVector(names.norm + ".running_mean", found.norm->mean));
  return AddVector(names.norm + ".running_var", found.norm->variance);
}

Status Namer::Block(const FoundBlock& found, const resnet::Block& block) {
  if (found.convs.size() != block.convs.size() ||
      found.shortcut.has_value() != block.shortcut.has_value())
    return Wrong(StrCat("block ", block.name, " of the graph has ", found.convs.size(),
                        " convolutions and ", found.shortcut ? "one" : "none", " in its shortcut, ",
                        block.convs.size(), " and ", block.shortcut ? "one" : "none",
                        " were expected"));
  for (size_t i = 0; i < block.convs.size(); ++i)
    RESNET_RETURN_IF_ERROR(Conv(found.convs[i], block.convs[i]));
  if (!block.shortcut) return {};
  return Conv(*found.shortcut, *block.shortcut);
}

/// "fc", or "fc.0" and "fc.1"; [I, O] is turned to [O, I].
Status Namer::Head(const std::vector<FoundDense>& head) {
  static constexpr size_t kTurn[] = {1, 0};
  for (size_t i = 0; i < head.size(); ++i) {
    const FoundDense& dense = head[i];
    const std::string name = head.size() == 1 ? "fc" : StrCat("fc.", i);
    Result<Tensor> weight =
        dense.outputs_first ? dense.weight->Clone() : Permute(*dense.weight, kTurn);
    if (!weight.ok()) return weight.error();
    tensors_.insert_or_assign(name + ".weight", std::move(*weight));
    RESNET_RETURN_IF_ERROR(AddVector(name + ".bias", dense.bias));
  }
  return {};
}

Result<TensorMap> NameTensors(const FoundNetwork& found, const NetworkSpec& network) {
  const NetworkLayout layout = LayOut(network);
  Namer namer;
  RESNET_RETURN_IF_ERROR(namer.Conv(found.stem, layout.stem));
  for (size_t i = 0; i < layout.blocks.size(); ++i)
    RESNET_RETURN_IF_ERROR(namer.Block(found.blocks[i], layout.blocks[i]));
  RESNET_RETURN_IF_ERROR(namer.Head(found.head));
  return namer.Take();
}

/// Only a bottleneck's graph tells its variant. TensorFlow's exporters say who they are, or keep
/// Keras's order of dimensions.
StringMap MetadataOf(const OnnxGraph& graph, const FoundNetwork& found,
                     const NetworkSpec& network) {
  StringMap metadata;
  metadata.emplace(kProducerKey, graph.producer);
  if (network.depth >= 50) metadata.emplace(kVariantKey, VariantName(network.variant));
  // Six digits, as StrCat writes: the graph has 1e-5 as a float, frameworks compute with the
  // double.
  if (found.epsilon) metadata.emplace(kEpsilonKey, StrCat(*found.epsilon));
  const bool keras = found.channels_last || graph.producer.find("tf2onnx") != std::string::npos ||
                     graph.producer.find("keras2onnx") != std::string::npos;
  if (keras) metadata.emplace(kKerasKey, kYes);
  if (found.softmax) metadata.emplace(kSoftmaxKey, kYes);
  return metadata;
}

}  // namespace

Result<TensorFile> ReadOnnx(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(const OnnxGraph graph, ParseOnnx(bytes));
  RESNET_ASSIGN_OR_RETURN(const FoundNetwork found, WalkOnnx(graph));
  RESNET_ASSIGN_OR_RETURN(const NetworkSpec network, Match(found));
  TensorFile file;
  RESNET_ASSIGN_OR_RETURN(file.tensors, NameTensors(found, network));
  file.metadata = MetadataOf(graph, found, network);
  return file;
}

Result<Hints> OnnxHints(const StringMap& metadata) {
  const auto text = [&](std::string_view key) -> std::string_view {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string_view() : std::string_view(found->second);
  };
  Hints hints;
  hints.from_graph = true;
  if (const std::string_view variant = text(kVariantKey); !variant.empty()) {
    RESNET_ASSIGN_OR_RETURN(hints.variant, VariantFromName(variant));
  }
  if (const std::string_view epsilon = text(kEpsilonKey); !epsilon.empty()) {
    double number = 0;
    const char* const end = epsilon.data() + epsilon.size();
    if (std::from_chars(epsilon.data(), end, number).ptr != end)
      return Error{ErrorCode::kInternal, StrCat("epsilon \"", epsilon, "\"")};
    hints.epsilon = number;
  }
  if (text(kKerasKey) == kYes) {
    hints.recipe = "keras";
    hints.recipe_note =
        StrCat("recipe keras (224x224, nearest; BGR less the means), as the graph comes from ",
               text(kProducerKey), "; --recipe names another");
  }
  if (text(kSoftmaxKey) == kYes)
    hints.notes.push_back("the softmax at its end is left out: a model gives logits");
  return hints;
}

}  // namespace resnet
