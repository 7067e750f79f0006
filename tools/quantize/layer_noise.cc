// See layer_noise.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/layer_noise.h"

#include <algorithm>

namespace resnet {
namespace {

constexpr std::string_view kPooling = "avgpool";
constexpr std::string_view kNormalised = "input";  // not an activation that anybody rounds

/// The names and the wiring of the layers; sizes and noise are still to come.
std::vector<LayerNoise> WiredLayers(const NetworkLayout& layout, const NoiseByName& accumulated) {
  std::vector<LayerNoise> layers;
  const auto add = [&](const std::string& name, std::string input, std::string output) {
    layers.push_back({.name = name, .input = std::move(input), .output = std::move(output)});
  };
  add(layout.stem.name, "", layout.stem.name);
  std::string input = layout.stem.name;  // max pooling keeps the bytes' meaning
  for (const Block& block : layout.blocks) {
    const std::string sum = block.name + ".add";
    std::string from = input;
    for (const ConvLayer& conv : block.convs) {
      const bool added = !accumulated.empty() && !accumulated.contains(conv.name);
      add(conv.name, from, added ? sum : conv.name);
      from = conv.name;
    }
    if (block.shortcut) add(block.shortcut->name, input, block.shortcut->name);
    input = sum;
  }
  input = kPooling;
  for (const DenseLayer& dense : layout.head) {
    add(dense.name, input, dense.name);
    input = dense.name;
  }
  return layers;
}

/// The weights as the 8-bit file stands for them, against the float ones. The stem's have taken the
/// recipe's normalisation in.
Result<Noise> WeightNoise(const Model& model, const Model& quantized, const std::string& layer,
                          bool stem) {
  RESNET_ASSIGN_OR_RETURN(const Tensor weight, ToFloat32(model.tensor(layer + ".weight")));
  const auto exact = weight.as<float>();
  const auto integers = quantized.tensor(layer + ".weight").as<int8_t>();
  const auto scales = quantized.tensor(layer + ".weight_scale").as<float>();
  const Recipe& recipe = model.info.recipe;
  const size_t row = exact.size() / scales.size();
  Noise noise;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double folded = stem ? recipe.scale / recipe.std[i % kChannels] : 1.0;
    noise.Add(exact[i] * folded, static_cast<double>(scales[i / row]) * integers[i]);
  }
  return noise;
}

}  // namespace

Result<NoiseByName> AccumulatedNoise(Network& exact, Network& quantized,
                                     std::span<const HeldOutPicture> pictures, const Watch& watch) {
  NoiseByName noise;
  std::map<std::string, std::vector<float>, std::less<>> expected;
  exact.SetTap([&](const Activation& activation) {
    expected[std::string(activation.name)].assign(activation.values.begin(),
                                                  activation.values.end());
  });
  quantized.SetTap([&](const Activation& activation) {
    const auto found = expected.find(activation.name);
    if (found == expected.end() || activation.name == kNormalised) return;
    noise[std::string(activation.name)].Add(found->second, activation.values);
  });
  Status status;
  for (size_t i = 0; i < pictures.size() && status.ok(); ++i) {
    const Bytes pixels = pictures[i].input.pixels.span();
    status = exact.Run(pixels, 1, watch.cancelled);
    if (status.ok()) status = quantized.Run(pixels, 1, watch.cancelled);
    if (watch.progress) watch.progress("held-out pictures, layer by layer", i + 1, pictures.size());
  }
  exact.SetTap({});
  quantized.SetTap({});
  if (!status.ok()) return status.error();
  return noise;
}

std::vector<ActivationNoise> NoiseOfActivations(const Model& quantized,
                                                const Calibration& calibration,
                                                const NoiseByName& accumulated) {
  const NetworkLayout layout = LayOut(quantized.info.network);
  std::vector<ActivationNoise> activations;
  const auto add = [&](const std::string& name, std::optional<Quantization> quantization) {
    const Histogram& histogram = calibration.histogram(name);
    ActivationNoise activation{
        .name = name, .quantization = quantization, .min = histogram.min(), .max = histogram.max()};
    if (quantization) activation.rounding = RoundingNoise(histogram, *quantization);
    if (const auto found = accumulated.find(name); found != accumulated.end())
      activation.accumulated = found->second;
    activations.push_back(std::move(activation));
  };
  for (const QuantizedActivation& activation : QuantizedActivations(layout))
    add(activation.name, ReadQuantization(quantized, activation));
  add(std::string(kPooling), std::nullopt);
  for (const DenseLayer& dense : layout.head) add(dense.name, std::nullopt);
  return activations;
}

Result<std::vector<LayerNoise>> NoiseOfLayers(const Model& model, const Model& quantized,
                                              const Network& exact,
                                              const NoiseByName& accumulated) {
  std::vector<LayerNoise> layers = WiredLayers(LayOut(model.info.network), accumulated);
  const std::vector<LayerProfile> profile = exact.profile();
  for (LayerNoise& layer : layers) {
    const auto found = std::find_if(profile.begin(), profile.end(), [&](const LayerProfile& entry) {
      return entry.name == layer.name;
    });
    if (found != profile.end()) {
      layer.kind = found->kind;
      layer.macs = found->macs;
    }
    const Tensor& weight = quantized.tensor(layer.name + ".weight");
    layer.weights = ElementCount(weight.shape).value_or(0);
    layer.in_float = weight.dtype != DType::kI8;
    if (layer.in_float) continue;
    RESNET_ASSIGN_OR_RETURN(layer.rounding,
                            WeightNoise(model, quantized, layer.name, &layer == &layers.front()));
  }
  return layers;
}

}  // namespace resnet
