// See recognise.h.
//
// SPDX-License-Identifier: MIT
#include "import/recognise.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "import/relatives.h"

namespace resnet {
namespace {

constexpr int kStages = 4;
constexpr int kDepths[] = {18, 34, 50, 101, 152};
constexpr int kMaxBlocks = 100;  // in a stage; the largest known has 36

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

Outline OutlineOf(const Convention& convention, const TensorMap& tensors) {
  const auto has = [&](const std::string& layer) {
    return Has(tensors, convention.names(layer).conv + ".weight");
  };
  Outline outline{{}, has("layer1.0.conv3")};
  for (int stage = 1; stage <= kStages; ++stage) {
    int blocks = 0;
    while (blocks < kMaxBlocks && has(StrCat("layer", stage, ".", blocks, ".conv1"))) ++blocks;
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

Result<int> RecogniseDepth(const Convention& convention, const TensorMap& tensors) {
  const Outline found = OutlineOf(convention, tensors);
  for (const int depth : kDepths) {
    if (OutlineOf(LayOut({.depth = depth})) == found) return depth;
  }
  const std::vector<int64_t> blocks(found.blocks.begin(), found.blocks.end());
  return Wrong(StrCat("blocks in layer1 to layer4: ", ShapeText(blocks),
                      found.bottleneck ? " bottlenecks" : " basic",
                      "; ResNet-18, 34, 50, 101 and 152 are known"));
}

Result<Stem> RecogniseStem(const Convention& convention, const TensorMap& tensors) {
  const std::string name = convention.names("conv1").conv + ".weight";
  const auto found = tensors.find(name);
  if (found == tensors.end()) return Wrong(StrCat("tensor \"", name, "\" is missing"));
  const Shape& shape = found->second.shape;
  if (shape.size() == 4 && shape[2] == 7 && shape[3] == 7) return Stem::kImagenet;
  if (shape.size() == 4 && shape[2] == 3 && shape[3] == 3) return Stem::kSmall;
  return Wrong(StrCat("\"", name, "\" has the shape ", ShapeText(shape),
                      ", a 7x7 or 3x3 kernel was expected"));
}

/// The name of a dense layer's weights without the ending; nothing for any other tensor.
std::optional<std::string> DenseName(const std::string& name, const Tensor& tensor) {
  constexpr std::string_view kEnding = ".weight";
  if (!name.ends_with(kEnding) || tensor.shape.size() != 2) return std::nullopt;
  return name.substr(0, name.size() - kEnding.size());
}

/// "fc", or the numbered parts of a Sequential in their order: "fc.0" and "fc.3".
std::vector<std::string> NumberedHead(const std::string& head, const TensorMap& tensors) {
  if (Has(tensors, head + ".weight")) return {head};
  std::vector<std::pair<int, std::string>> numbered;
  for (const auto& [full_name, tensor] : tensors) {
    const auto name = DenseName(full_name, tensor);
    if (!name || !name->starts_with(head + ".")) continue;
    int number = 0;
    const char* const end = name->data() + name->size();
    const auto parsed = std::from_chars(name->data() + head.size() + 1, end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) numbered.emplace_back(number, *name);
  }
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::string> names;
  for (auto& [number, name] : numbered) names.push_back(std::move(name));
  return names;
}

/// All dense layers; of two, the one first whose outputs the other takes.
std::vector<std::string> AnyHead(const TensorMap& tensors) {
  std::vector<std::string> names;
  for (const auto& [full_name, tensor] : tensors) {
    if (const auto name = DenseName(full_name, tensor)) names.push_back(*name);
  }
  if (names.size() != 2) return names;
  const Shape& first = tensors.find(names[0] + ".weight")->second.shape;
  const Shape& second = tensors.find(names[1] + ".weight")->second.shape;
  if (second[1] != first[0]) std::swap(names[0], names[1]);
  return names;
}

std::vector<std::string> HeadNames(const Convention& convention, const TensorMap& tensors) {
  return convention.head.empty() ? AnyHead(tensors)
                                 : NumberedHead(std::string(convention.head), tensors);
}

Error NoHead(const Convention& convention) {
  if (convention.head.empty())
    return Wrong(
        "the head is missing: weights that were saved with include_top=False only give "
        "features, and no classes");
  return Wrong(StrCat("the head is missing: \"", convention.head, ".weight\" or \"",
                      convention.head, ".0.weight\" was expected"));
}

Status RecogniseHead(const Convention& convention, const TensorMap& tensors, NetworkSpec& network) {
  const std::vector<std::string> names = HeadNames(convention, tensors);
  if (names.empty()) return NoHead(convention);
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

}  // namespace

const Convention* FindConvention(const TensorMap& tensors) {
  for (const Convention& convention : Conventions()) {
    const auto has = [&](std::string_view layer) {
      return Has(tensors, convention.names(layer).conv + ".weight");
    };
    if (has("layer1.0.conv1") && has("layer4.0.conv1")) return &convention;
  }
  return nullptr;
}

Result<NetworkSpec> RecogniseNetwork(const Convention& convention, const TensorMap& tensors) {
  RESNET_RETURN_IF_ERROR(RefuseRelatives(convention, tensors));
  NetworkSpec network;
  RESNET_ASSIGN_OR_RETURN(network.depth, RecogniseDepth(convention, tensors));
  RESNET_ASSIGN_OR_RETURN(network.stem, RecogniseStem(convention, tensors));
  RESNET_RETURN_IF_ERROR(RecogniseHead(convention, tensors, network));
  return network;
}

LayerSources SourcesOf(const Convention& convention, const NetworkSpec& network,
                       const TensorMap& tensors) {
  const NetworkLayout layout = LayOut(network);
  LayerSources sources;
  for (const ConvLayer* conv : layout.convolutions()) {
    LayerNames names = convention.names(conv->name);
    sources.convs.push_back({*conv, std::move(names.conv), std::move(names.norm)});
  }
  const std::vector<std::string> head = HeadNames(convention, tensors);
  for (size_t i = 0; i < layout.head.size(); ++i)
    sources.dense.push_back({layout.head[i], head[i]});
  return sources;
}

Error UnknownNames(const TensorMap& tensors) {
  std::vector<std::string> examples, known;
  for (const auto& [name, tensor] : tensors) {
    if (examples.size() < 3) examples.push_back(StrCat("\"", Printable(name), "\""));
  }
  for (const Convention& convention : Conventions()) {
    known.push_back(StrCat(convention.name, " \"", convention.names("layer1.0.conv1").conv, "\""));
  }
  return Wrong(StrCat("the ", tensors.size(), " tensors (", Join(examples, ", "),
                      ", ...) are not named as a ResNet's: ", Join(known, ", "), " are known"));
}

}  // namespace resnet
