// See conventions.h.
//
// SPDX-License-Identifier: MIT
#include "import/conventions.h"

#include <array>
#include <cassert>

#include "base/strings.h"
#include "import/fold.h"

namespace resnet {
namespace {

/// Our "layer3.10.conv2" taken apart; a shortcut is part 0, the stem stage 0.
struct Place {
  int stage = 0;
  int block = 0;
  int part = 1;
};

/// `layer` is one of ours (architecture.cc makes them): nothing else is understood.
Place PlaceOf(std::string_view layer) {
  constexpr std::string_view kLayer = "layer";
  if (!layer.starts_with(kLayer)) return {};
  Place place;
  place.stage = layer[kLayer.size()] - '0';
  size_t at = kLayer.size() + 2;
  for (; at < layer.size() && layer[at] != '.'; ++at)
    place.block = place.block * 10 + layer[at] - '0';
  const bool shortcut = layer.substr(at + 1).starts_with("downsample");
  place.part = shortcut ? 0 : layer.back() - '0';
  return place;
}

/// "bn1" beside "conv1", "downsample.1" beside "downsample.0".
LayerNames Torchvision(std::string_view layer) {
  std::string norm(layer);
  const size_t place = norm.rfind("conv");
  if (place == std::string::npos) {
    norm.back() = '1';
  } else {
    norm.replace(place, 4, "bn");
  }
  return {std::string(layer), norm};
}

/// transformers' ResNetForImageClassification.
LayerNames HuggingFace(std::string_view layer) {
  const Place place = PlaceOf(layer);
  std::string prefix = "resnet.embedder.embedder.";
  if (place.stage > 0) {
    prefix = StrCat("resnet.encoder.stages.", place.stage - 1, ".layers.", place.block,
                    place.part == 0 ? ".shortcut." : StrCat(".layer.", place.part - 1, "."));
  }
  return {prefix + "convolution", prefix + "normalization"};
}

/// keras.applications since Keras 2.2.5: conv2_block1_0_conv is a shortcut, conv1_conv the stem.
LayerNames Keras(std::string_view layer) {
  const Place place = PlaceOf(layer);
  const std::string prefix = place.stage == 0 ? "conv1_"
                                              : StrCat("conv", place.stage + 1, "_block",
                                                       place.block + 1, "_", place.part, "_");
  return {prefix + "conv", prefix + "bn"};
}

/// keras.applications before: res2a_branch2a, its shortcut res2a_branch1.
LayerNames OldKeras(std::string_view layer) {
  const Place place = PlaceOf(layer);
  if (place.stage == 0) return {"conv1", "bn_conv1"};
  std::string name = StrCat(place.stage + 1, static_cast<char>('a' + place.block), "_branch");
  name += place.part == 0 ? std::string("1") : StrCat("2", static_cast<char>('a' + place.part - 1));
  return {"res" + name, "bn" + name};
}

constexpr std::string_view kKerasNote =
    "recipe keras (224x224, nearest; BGR less the means), as its preprocess_input does; --recipe "
    "names another";

constexpr std::array kConventions = {
    Convention{"torchvision's", Torchvision, "fc", std::nullopt, kTorchEpsilon, "torchvision",
               "recipe torchvision, as its V1 weights use; --recipe torchvision-v2 is for the V2 "
               "weights"},
    Convention{
        "Hugging Face's", HuggingFace, "classifier", std::nullopt, kTorchEpsilon, "torchvision",
        "recipe torchvision; preprocessor_config.json beside the checkpoint says what it was "
        "trained with (resample 3 is bicubic): --recipe FILE where that differs"},
    Convention{"Keras's", Keras, "", Variant::kKeras, 1.001e-5, "keras", kKerasNote},
    // Its ResNet50 left BatchNormalization's default.
    Convention{"the older Keras's", OldKeras, "", Variant::kKeras, 1e-3, "keras", kKerasNote},
};

}  // namespace

std::span<const Convention> Conventions() { return kConventions; }

}  // namespace resnet
