// See report.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/report.h"

#include <algorithm>
#include <cmath>

#include "base/json_writer.h"
#include "base/strings.h"

namespace resnet {
namespace {

constexpr size_t kTracedPictures = 32;    // activations change little from picture to picture
constexpr size_t kScreenedPictures = 16;  // each costs one run for every layer
constexpr size_t kHurtingLayers = 5;

Status TraceNoise(const Model& model, Network& exact, const Model& quantized,
                  const Calibration& calibration, std::span<const HeldOutPicture> pictures,
                  const Watch& watch, QuantizationReport& report) {
  RESNET_ASSIGN_OR_RETURN(const auto network, Network::CreateFromCopy(quantized));
  RESNET_ASSIGN_OR_RETURN(const NoiseByName accumulated,
                          AccumulatedNoise(exact, *network, pictures, watch));
  report.traced = pictures.size();
  report.activations = NoiseOfActivations(quantized, calibration, accumulated);
  RESNET_ASSIGN_OR_RETURN(report.layers, NoiseOfLayers(model, quantized, exact, accumulated));
  return {};
}

// JSON

void Add(JsonWriter& json, const Comparison& comparison) {
  json.Key("agreement").Value(comparison.agreement());
  json.Key("top5_overlap").Value(comparison.top5_overlap());
  json.Key("kl").Value(comparison.divergence());
}

void Add(JsonWriter& json, const ActivationNoise& activation) {
  json.BeginObject().Key("name").Value(activation.name).Key("bits").Value(activation.bits());
  json.Key("min").Value(activation.min).Key("max").Value(activation.max);
  if (const auto& quantization = activation.quantization) {
    json.Key("clip_min").Value(activation.clip_min());
    json.Key("clip_max").Value(activation.clip_max());
    json.Key("scale").Value(quantization->scale);
    json.Key("zero_point").Value(int{quantization->zero_point});
    json.Key("sqnr_own_db").Value(activation.rounding.decibels());
  }
  json.Key("sqnr_accumulated_db");
  activation.accumulated ? json.Value(activation.accumulated->decibels()) : json.Null();
  json.EndObject();
}

void Add(JsonWriter& json, const LayerNoise& layer) {
  json.BeginObject().Key("name").Value(layer.name).Key("kind").Value(layer.kind);
  json.Key("dtype").Value(layer.in_float ? "f32" : "i8");
  json.Key("input").Value(layer.input.empty() ? "picture" : layer.input);
  json.Key("output").Value(layer.output);
  json.Key("macs").Value(layer.macs).Key("weights").Value(layer.weights);
  json.Key("sqnr_weights_db").Value(layer.rounding.decibels());
  json.Key("relief").Value(layer.relief).EndObject();
}

void Add(JsonWriter& json, const QuantizationReport& report, const Measured& measured) {
  json.Key("sqnr_logits_db").Value(measured.logits.decibels());
  json.Key("bytes").Value(report.FileBytes(measured)).Key("ms").Value(measured.milliseconds);
}

void AddOptions(JsonWriter& json, const QuantizeOptions& options) {
  json.Key("options").BeginObject().Key("activation_bits").Value(options.activation_bits);
  json.Key("ranges").Value(RangeMethodName(options.range_method())).Key("keep").BeginArray();
  for (const std::string& name : options.keep_float) json.Value(StrCat(name, "=f32"));
  for (const std::string& name : options.keep_8_bit) json.Value(StrCat(name, "=8"));
  json.EndArray().EndObject();
}

void AddPictures(JsonWriter& json, const QuantizationReport& report) {
  json.Key("pictures").BeginObject().Key("folder").Value(report.folder);
  json.Key("calibration").Value(report.calibrated).Key("unreadable").Value(report.unreadable);
  json.Key("held_out").Value(report.comparison.pictures());
  json.Key("traced").Value(report.traced).Key("screened").Value(report.screened);
  json.Key("compared").Value(report.converted.comparison.pictures()).EndObject();
}

void AddAlternative(JsonWriter& json, const QuantizationReport& report,
                    const Alternative& alternative) {
  json.BeginObject().Key("layer");
  alternative.layer.empty() ? json.Null() : json.Value(alternative.layer);
  json.Key("option").Value(alternative.option);
  Add(json, alternative.measured.comparison);
  Add(json, report, alternative.measured);
  json.EndObject();
}

}  // namespace

Status MeasureQuantization(const Model& model, Network& exact, const Model& quantized,
                           const Calibration& calibration, std::span<const HeldOutPicture> pictures,
                           const Watch& watch, QuantizationReport& report) {
  RESNET_RETURN_IF_ERROR(TraceNoise(model, exact, quantized, calibration,
                                    pictures.first(std::min(pictures.size(), kTracedPictures)),
                                    watch, report));
  const auto screened = pictures.first(std::min(pictures.size(), kScreenedPictures));
  const Laboratory laboratory{model, calibration, report.options, watch};
  RESNET_RETURN_IF_ERROR(FindRelief(laboratory, report.activations, screened, report.layers));
  report.screened = screened.size();
  report.hurting = LayersThatHurt(report.layers, kHurtingLayers);
  pictures = pictures.first(std::min(pictures.size(), kMostReportPictures));
  RESNET_ASSIGN_OR_RETURN(report.exact, Measure(exact, pictures, "held-out pictures, f32", watch));
  report.exact.tensor_bytes = TensorBytes(model);
  RESNET_ASSIGN_OR_RETURN(report.converted,
                          MeasureModel(quantized, pictures, "held-out pictures, i8", watch));
  RESNET_ASSIGN_OR_RETURN(
      report.alternatives,
      MeasureAlternatives(laboratory, report.layers, report.activations, report.hurting, pictures));
  return {};
}

Interval ConfidenceInterval(double fraction, uint64_t count) {
  if (count == 0) return {0, 1};
  constexpr double kZ = 1.959964;  // the normal distribution's 97.5 % quantile
  const auto n = static_cast<double>(count);
  const double share = 1 + kZ * kZ / n, centre = fraction + kZ * kZ / (2 * n);
  const double reach = kZ * std::sqrt(fraction * (1 - fraction) / n + kZ * kZ / (4 * n * n));
  return {std::max(0.0, (centre - reach) / share), std::min(1.0, (centre + reach) / share)};
}

std::string ReportJson(const QuantizationReport& report) {
  JsonWriter json(2);
  json.BeginObject().Key("format").Value("resnet-wasm quantization report 1");
  json.Key("name").Value(report.name);
  json.Key("architecture").Value(ArchitectureName(report.network.depth));
  json.Key("input").BeginObject().Key("file").Value(report.input_file);
  json.Key("precision").Value("f32");
  Add(json, report, report.exact);
  json.EndObject().Key("output").BeginObject().Key("file").Value(report.output_file);
  json.Key("precision").Value("i8");
  Add(json, report, report.converted);
  json.EndObject();
  AddOptions(json, report.options);
  AddPictures(json, report);
  Add(json, report.comparison);
  const Interval interval =
      ConfidenceInterval(report.comparison.agreement(), report.comparison.pictures());
  json.Key("agreement_interval").BeginArray().Value(interval.low).Value(interval.high).EndArray();
  json.Key("activations").BeginArray();
  for (const ActivationNoise& activation : report.activations) Add(json, activation);
  json.EndArray().Key("layers").BeginArray();
  for (const LayerNoise& layer : report.layers) Add(json, layer);
  json.EndArray().Key("hurting").BeginArray();
  for (const std::string& layer : report.hurting) json.Value(layer);
  json.EndArray().Key("alternatives").BeginArray();
  for (const Alternative& alternative : report.alternatives)
    AddAlternative(json, report, alternative);
  return json.EndArray().EndObject().text() + "\n";
}

}  // namespace resnet
