// See torchvision_names.h.
//
// SPDX-License-Identifier: MIT
#include "import/torchvision_names.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

constexpr int kStages = 4;
constexpr int kDepths[] = {18, 34, 50, 101, 152};
constexpr std::string_view kHead = "fc";

Error Wrong(std::string message) {
  return Error{ErrorCode::kWrongArchitecture, std::move(message)};
}

bool Has(const TensorMap& tensors, std::string_view name) {
  return tensors.find(name) != tensors.end();
}

/// What tells one depth from another: blocks in layer1..layer4, and the convolutions of a block.
struct Outline {
  std::vector<int> blocks;
  bool bottleneck;

  bool operator==(const Outline&) const = default;
};

Outline OutlineOf(const TensorMap& tensors) {
  Outline outline{{}, Has(tensors, "layer1.0.conv3.weight")};
  for (int stage = 1; stage <= kStages; ++stage) {
    int blocks = 0;
    while (Has(tensors, StrCat("layer", stage, ".", blocks, ".conv1.weight"))) ++blocks;
    outline.blocks.push_back(blocks);
  }
  return outline;
}

Outline OutlineOf(const NetworkLayout& layout) {
  Outline outline{std::vector<int>(kStages, 0), layout.blocks[0].convs.size() == 3};
  for (const Block& block : layout.blocks) {
    for (int stage = 1; stage <= kStages; ++stage) {
      if (block.name.starts_with(StrCat("layer", stage, ".")))
        ++outline.blocks[static_cast<size_t>(stage - 1)];
    }
  }
  return outline;
}

Result<int> RecogniseDepth(const TensorMap& tensors) {
  const Outline found = OutlineOf(tensors);
  for (const int depth : kDepths) {
    if (OutlineOf(LayOut({.depth = depth})) == found) return depth;
  }
  const std::vector<int64_t> blocks(found.blocks.begin(), found.blocks.end());
  return Wrong(StrCat("blocks in layer1 to layer4: ", ShapeText(blocks),
                      found.bottleneck ? " bottlenecks" : " basic",
                      "; ResNet-18, 34, 50, 101 and 152 are known"));
}

Result<Stem> RecogniseStem(const TensorMap& tensors) {
  const auto found = tensors.find("conv1.weight");
  if (found == tensors.end()) return Wrong("tensor \"conv1.weight\" is missing");
  const Shape& shape = found->second.shape;
  if (shape.size() == 4 && shape[2] == 7 && shape[3] == 7) return Stem::kImagenet;
  if (shape.size() == 4 && shape[2] == 3 && shape[3] == 3) return Stem::kSmall;
  return Wrong(StrCat("\"conv1.weight\" has the shape ", ShapeText(shape),
                      ", a 7x7 or 3x3 kernel was expected"));
}

/// The head's dense layers, in order: "fc", or the numbered parts of a Sequential, "fc.0" and
/// "fc.3".
std::vector<std::string> HeadNames(const TensorMap& tensors) {
  if (Has(tensors, StrCat(kHead, ".weight"))) return {std::string(kHead)};
  std::vector<std::pair<int, std::string>> numbered;
  for (const auto& [name, tensor] : tensors) {
    constexpr std::string_view kEnding = ".weight";
    const std::string prefix = StrCat(kHead, ".");
    if (!name.starts_with(prefix) || !name.ends_with(kEnding) || tensor.shape.size() != 2) continue;
    const std::string stem = name.substr(0, name.size() - kEnding.size());
    int number = 0;
    const char* const end = stem.data() + stem.size();
    const auto parsed = std::from_chars(stem.data() + prefix.size(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) numbered.emplace_back(number, stem);
  }
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::string> names;
  for (auto& [number, name] : numbered) names.push_back(std::move(name));
  return names;
}

Status RecogniseHead(const TensorMap& tensors, NetworkSpec& network) {
  const std::vector<std::string> names = HeadNames(tensors);
  if (names.empty())
    return Wrong("the head is missing: \"fc.weight\" or \"fc.0.weight\" was expected");
  if (names.size() > 2)
    return Wrong(StrCat("the head has ", names.size(), " dense layers, one or two are supported"));
  const auto outputs = [&](const std::string& name, int most) -> Result<int> {
    const Shape& shape = tensors.find(name + ".weight")->second.shape;
    if (shape.size() == 2 && shape[0] >= 1 && shape[0] <= most) return static_cast<int>(shape[0]);
    return Wrong(StrCat("\"", name, ".weight\" has the shape ", ShapeText(shape),
                        ", [outputs, inputs] with at most ", most, " outputs was expected"));
  };
  RESNET_ASSIGN_OR_RETURN(network.classes, outputs(names.back(), kMaxClasses));
  if (names.size() == 2) {
    RESNET_ASSIGN_OR_RETURN(network.hidden, outputs(names.front(), kMaxHidden));
  }
  return {};
}

/// "bn1" beside "conv1", "downsample.1" beside "downsample.0".
std::string NormName(const std::string& conv) {
  std::string name = conv;
  const size_t place = name.rfind("conv");
  if (place == std::string::npos) {
    name.back() = '1';
  } else {
    name.replace(place, 4, "bn");
  }
  return name;
}

}  // namespace

bool HasTorchvisionNames(const TensorMap& tensors) {
  return Has(tensors, "layer1.0.conv1.weight") && Has(tensors, "layer4.0.conv1.weight");
}

Result<NetworkSpec> RecogniseTorchvision(const TensorMap& tensors) {
  NetworkSpec network;
  RESNET_ASSIGN_OR_RETURN(network.depth, RecogniseDepth(tensors));
  RESNET_ASSIGN_OR_RETURN(network.stem, RecogniseStem(tensors));
  RESNET_RETURN_IF_ERROR(RecogniseHead(tensors, network));
  return network;
}

LayerSources TorchvisionSources(const NetworkSpec& network, const TensorMap& tensors) {
  const NetworkLayout layout = LayOut(network);
  LayerSources sources;
  for (const ConvLayer* conv : layout.convolutions()) {
    sources.convs.push_back({*conv, conv->name, NormName(conv->name)});
  }
  const std::vector<std::string> head = HeadNames(tensors);
  for (size_t i = 0; i < layout.head.size(); ++i)
    sources.dense.push_back({layout.head[i], head[i]});
  return sources;
}

}  // namespace resnet
