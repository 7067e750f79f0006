// See architecture.h.
//
// SPDX-License-Identifier: MIT
#include "model/architecture.h"

#include <array>
#include <cassert>

#include "base/strings.h"

namespace resnet {
namespace {

struct DepthRow {
  int depth;
  bool bottleneck;
  std::array<int, 4> blocks;  // in layer1..layer4
};

constexpr std::array kDepths = {
    DepthRow{18, false, {2, 2, 2, 2}},  DepthRow{34, false, {3, 4, 6, 3}},
    DepthRow{50, true, {3, 4, 6, 3}},   DepthRow{101, true, {3, 4, 23, 3}},
    DepthRow{152, true, {3, 8, 36, 3}},
};

constexpr int kStemWidth = 64;
constexpr int kBottleneckExpansion = 4;

const DepthRow* FindDepth(int depth) {
  for (const DepthRow& row : kDepths) {
    if (row.depth == depth) return &row;
  }
  return nullptr;
}

ConvLayer Conv(std::string name, int in, int out, int kernel, int stride, bool relu) {
  return ConvLayer{std::move(name), in, out, kernel, stride, relu};
}

Block MakeBlock(std::string name, bool bottleneck, Variant variant, int in, int width, int stride) {
  Block block{name, {}, std::nullopt};
  const int out = bottleneck ? width * kBottleneckExpansion : width;
  if (bottleneck) {
    const bool stride_first = variant == Variant::kKeras;
    block.convs.push_back(Conv(name + ".conv1", in, width, 1, stride_first ? stride : 1, true));
    block.convs.push_back(Conv(name + ".conv2", width, width, 3, stride_first ? 1 : stride, true));
    block.convs.push_back(Conv(name + ".conv3", width, out, 1, 1, false));
  } else {
    block.convs.push_back(Conv(name + ".conv1", in, width, 3, stride, true));
    block.convs.push_back(Conv(name + ".conv2", width, out, 3, 1, false));
  }
  if (stride != 1 || in != out)
    block.shortcut = Conv(name + ".downsample.0", in, out, 1, stride, false);
  return block;
}

std::vector<DenseLayer> MakeHead(int features, int hidden, int classes) {
  if (hidden == 0) return {{"fc", features, classes, false}};
  return {{"fc1", features, hidden, true}, {"fc2", hidden, classes, false}};
}

Error Unknown(std::string_view what, std::string_view found, std::string_view known) {
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("unknown ", what, " \"", Printable(found), "\", known are ", known)};
}

}  // namespace

std::vector<const ConvLayer*> NetworkLayout::convolutions() const {
  std::vector<const ConvLayer*> all = {&stem};
  for (const Block& block : blocks) {
    for (const ConvLayer& conv : block.convs) all.push_back(&conv);
    if (block.shortcut) all.push_back(&*block.shortcut);
  }
  return all;
}

bool IsKnownDepth(int depth) { return FindDepth(depth) != nullptr; }

std::string ArchitectureName(int depth) { return StrCat("resnet", depth); }

Result<int> DepthFromName(std::string_view name) {
  for (const DepthRow& row : kDepths) {
    if (ArchitectureName(row.depth) == name) return row.depth;
  }
  return Unknown("architecture", name, "resnet18, resnet34, resnet50, resnet101, resnet152");
}

std::string_view VariantName(Variant variant) {
  return variant == Variant::kKeras ? "keras" : "torchvision";
}

Result<Variant> VariantFromName(std::string_view name) {
  for (const Variant variant : {Variant::kTorchvision, Variant::kKeras}) {
    if (VariantName(variant) == name) return variant;
  }
  return Unknown("variant", name, "torchvision, keras");
}

std::string_view StemName(Stem stem) { return stem == Stem::kSmall ? "small" : "imagenet"; }

Result<Stem> StemFromName(std::string_view name) {
  for (const Stem stem : {Stem::kImagenet, Stem::kSmall}) {
    if (StemName(stem) == name) return stem;
  }
  return Unknown("stem", name, "imagenet, small");
}

NetworkLayout LayOut(const NetworkSpec& spec) {
  const DepthRow* row = FindDepth(spec.depth);
  assert(row != nullptr && spec.classes >= 1 && spec.hidden >= 0);
  const bool small = spec.stem == Stem::kSmall;
  NetworkLayout layout{
      Conv("conv1", 3, kStemWidth, small ? 3 : 7, small ? 1 : 2, true), !small, {}, 0, {}};
  int channels = kStemWidth;
  for (int stage = 0; stage < 4; ++stage) {
    const int width = kStemWidth << stage;
    for (int i = 0; i < row->blocks[static_cast<size_t>(stage)]; ++i) {
      const int stride = stage > 0 && i == 0 ? 2 : 1;
      layout.blocks.push_back(MakeBlock(StrCat("layer", stage + 1, ".", i), row->bottleneck,
                                        spec.variant, channels, width, stride));
      channels = layout.blocks.back().convs.back().out_channels;
    }
  }
  layout.features = channels;
  layout.head = MakeHead(channels, spec.hidden, spec.classes);
  return layout;
}

}  // namespace resnet
