// See sensitivity.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/sensitivity.h"

#include <algorithm>
#include <chrono>

#include "base/strings.h"

namespace resnet {
namespace {

using Clock = std::chrono::steady_clock;

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Noise over signal on the way to an activation; 0 for the picture.
double AccumulatedRatio(const std::vector<ActivationNoise>& activations, const std::string& name) {
  for (const ActivationNoise& activation : activations) {
    if (activation.name != name || !activation.accumulated) continue;
    const Noise& noise = *activation.accumulated;
    return noise.signal > 0 ? noise.noise / noise.signal : 0;
  }
  return 0;
}

/// The activations around a layer that have 7 bits, as far as they exist.
std::set<std::string> SevenBitsAround(const LayerNoise& layer,
                                      const std::vector<ActivationNoise>& activations) {
  std::set<std::string> names;
  for (const ActivationNoise& activation : activations) {
    const bool near = activation.name == layer.input || activation.name == layer.output;
    if (near && activation.bits() == 7) names.insert(activation.name);
  }
  return names;
}

std::string KeepOption(const std::set<std::string>& names, std::string_view as) {
  std::vector<std::string> items;
  for (const std::string& name : names) items.push_back(StrCat(name, "=", as));
  return StrCat("--keep ", Join(items, ","));
}

}  // namespace

uint64_t TensorBytes(const Model& model) {
  uint64_t bytes = 0;
  for (const auto& [name, tensor] : model.tensors) {
    if (name != kGoldenInput && name != kGoldenLogits) bytes += tensor.data.size();
  }
  return bytes;
}

Result<Measured> Measure(Network& network, std::span<const HeldOutPicture> pictures,
                         std::string_view what, const Watch& watch) {
  Measured measured;
  std::vector<double> milliseconds;
  for (const HeldOutPicture& picture : pictures) {
    const auto start = Clock::now();
    RESNET_RETURN_IF_ERROR(network.Run(picture.input.pixels.span(), 1, watch.cancelled));
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    measured.comparison.Add(picture.logits, network.logits());
    measured.logits.Add(picture.logits, network.logits());
    if (watch.progress) watch.progress(what, milliseconds.size(), pictures.size());
  }
  measured.milliseconds = Median(std::move(milliseconds));
  return measured;
}

std::vector<std::string> LayersThatHurt(const std::vector<LayerNoise>& layers,
                                        const std::vector<ActivationNoise>& activations,
                                        size_t count) {
  std::vector<std::pair<double, size_t>> added;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].in_float) continue;
    added.emplace_back(AccumulatedRatio(activations, layers[i].output) -
                           AccumulatedRatio(activations, layers[i].input),
                       i);
  }
  std::sort(added.begin(), added.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(count, added.size()); ++i)
    names.push_back(layers[added[i].second].name);
  return names;
}

std::vector<std::pair<Alternative, QuantizeOptions>> AlternativesTo(
    const QuantizeOptions& options, const std::vector<LayerNoise>& layers,
    const std::vector<ActivationNoise>& activations, const std::vector<std::string>& hurting) {
  std::vector<std::pair<Alternative, QuantizeOptions>> alternatives;
  const auto keep = [&](const std::string& layer, const std::set<std::string>& floats,
                        const std::set<std::string>& eights) {
    if (!floats.empty()) {
      QuantizeOptions with = options;
      with.keep_float.insert(floats.begin(), floats.end());
      alternatives.push_back({{layer, KeepOption(floats, "f32"), {}}, std::move(with)});
    }
    if (!eights.empty()) {
      QuantizeOptions with = options;
      with.keep_8_bit.insert(eights.begin(), eights.end());
      alternatives.push_back({{layer, KeepOption(eights, "8"), {}}, std::move(with)});
    }
  };
  std::set<std::string> all_floats, all_eights;
  for (const std::string& name : hurting) {
    const auto layer = std::find_if(layers.begin(), layers.end(),
                                    [&](const LayerNoise& entry) { return entry.name == name; });
    if (layer == layers.end()) continue;
    const std::set<std::string> eights = SevenBitsAround(*layer, activations);
    keep(name, {name}, eights);
    all_floats.insert(name);
    all_eights.insert(eights.begin(), eights.end());
  }
  if (hurting.size() > 1) keep("", all_floats, all_eights);
  if (options.activation_bits == 7) {
    QuantizeOptions with = options;
    with.activation_bits = 8;
    alternatives.push_back({{"", "--activation-bits 8", {}}, std::move(with)});
  }
  return alternatives;
}

}  // namespace resnet
