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

/// What the layer reads, if that has 7 bits.
std::set<std::string> SevenBitInput(const LayerNoise& layer,
                                    const std::vector<ActivationNoise>& activations) {
  for (const ActivationNoise& activation : activations) {
    if (activation.name == layer.input && activation.bits() == 7) return {activation.name};
  }
  return {};
}

QuantizeOptions With(QuantizeOptions options, const std::set<std::string>& floats,
                     const std::set<std::string>& eights) {
  options.keep_float.insert(floats.begin(), floats.end());
  options.keep_8_bit.insert(eights.begin(), eights.end());
  return options;
}

std::string KeepOption(const std::set<std::string>& names, std::string_view as) {
  std::vector<std::string> items;
  for (const std::string& name : names) items.push_back(StrCat(name, "=", as));
  return StrCat("--keep ", Join(items, ","));
}

/// An alternative that is still to be measured.
struct Plan {
  Alternative alternative;
  QuantizeOptions options;
};

std::vector<Plan> PlanAlternatives(const QuantizeOptions& options,
                                   const std::vector<LayerNoise>& layers,
                                   const std::vector<ActivationNoise>& activations,
                                   const std::vector<std::string>& hurting) {
  std::vector<Plan> plans;
  const auto keep = [&](const std::string& layer, const std::set<std::string>& floats,
                        const std::set<std::string>& eights) {
    if (!floats.empty())
      plans.push_back({{layer, KeepOption(floats, "f32"), {}}, With(options, floats, {})});
    if (!eights.empty())
      plans.push_back({{layer, KeepOption(eights, "8"), {}}, With(options, {}, eights)});
  };
  std::set<std::string> all_floats, all_eights;
  for (const std::string& name : hurting) {
    const auto layer = std::find_if(layers.begin(), layers.end(),
                                    [&](const LayerNoise& entry) { return entry.name == name; });
    if (layer == layers.end()) continue;
    const std::set<std::string> eights = SevenBitInput(*layer, activations);
    keep(name, {name}, eights);
    all_floats.insert(name);
    all_eights.insert(eights.begin(), eights.end());
  }
  if (hurting.size() > 1) keep("", all_floats, all_eights);
  if (options.activation_bits == 8) return plans;
  QuantizeOptions eight_bits = options;
  eight_bits.activation_bits = 8;
  plans.push_back({{"", "--activation-bits 8", {}}, std::move(eight_bits)});
  return plans;
}

Result<Measured> MeasureOptions(const Laboratory& laboratory, const QuantizeOptions& options,
                                std::span<const HeldOutPicture> pictures, std::string_view what,
                                const Watch& watch) {
  RESNET_ASSIGN_OR_RETURN(const Model model,
                          QuantizeModel(laboratory.model, laboratory.calibration, options));
  return MeasureModel(model, pictures, what, watch);
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

Result<Measured> MeasureModel(const Model& model, std::span<const HeldOutPicture> pictures,
                              std::string_view what, const Watch& watch) {
  RESNET_ASSIGN_OR_RETURN(const auto network, Network::CreateFromCopy(model));
  RESNET_ASSIGN_OR_RETURN(Measured measured, Measure(*network, pictures, what, watch));
  measured.tensor_bytes = TensorBytes(model);
  return measured;
}

Status FindRelief(const Laboratory& laboratory, const std::vector<ActivationNoise>& activations,
                  std::span<const HeldOutPicture> pictures, std::vector<LayerNoise>& layers) {
  const Watch& watch = laboratory.watch;
  const Watch quiet{.cancelled = watch.cancelled, .progress = {}};
  std::vector<double> left;  // noise, of the layers that are not in floats anyway
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].in_float) {
      const QuantizeOptions options =
          With(laboratory.options, {layers[i].name}, SevenBitInput(layers[i], activations));
      RESNET_ASSIGN_OR_RETURN(const Measured measured,
                              MeasureOptions(laboratory, options, pictures, "", quiet));
      left.push_back(measured.logits.noise);
    }
    if (watch.progress) watch.progress("layers, each kept exact", i + 1, layers.size());
  }
  const double usual = Median(left);
  auto next = left.begin();
  for (LayerNoise& layer : layers) {
    if (!layer.in_float) layer.relief = usual > 0 ? 1 - *next++ / usual : 0;
  }
  return {};
}

std::vector<std::string> LayersThatHurt(const std::vector<LayerNoise>& layers, size_t count) {
  std::vector<const LayerNoise*> order;
  for (const LayerNoise& layer : layers) {
    if (!layer.in_float) order.push_back(&layer);
  }
  std::sort(order.begin(), order.end(), [](const LayerNoise* a, const LayerNoise* b) {
    return a->relief != b->relief ? a->relief > b->relief : a < b;  // of equals the first
  });
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(count, order.size()); ++i) names.push_back(order[i]->name);
  return names;
}

Result<std::vector<Alternative>> MeasureAlternatives(
    const Laboratory& laboratory, const std::vector<LayerNoise>& layers,
    const std::vector<ActivationNoise>& activations, const std::vector<std::string>& hurting,
    std::span<const HeldOutPicture> pictures) {
  std::vector<Alternative> alternatives;
  for (Plan& plan : PlanAlternatives(laboratory.options, layers, activations, hurting)) {
    RESNET_ASSIGN_OR_RETURN(
        plan.alternative.measured,
        MeasureOptions(laboratory, plan.options, pictures,
                       StrCat("held-out pictures, alternative ", alternatives.size() + 1),
                       laboratory.watch));
    alternatives.push_back(std::move(plan.alternative));
  }
  return alternatives;
}

}  // namespace resnet
