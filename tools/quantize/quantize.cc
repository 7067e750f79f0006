// See quantize.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/quantize.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/strings.h"

namespace resnet {
namespace {

constexpr double kMostInteger = 127;
constexpr double kMostBias = kMaxQuantizedBias / 2;

/// [outputs][taps][inputs] of a layer in double precision; what is still to be done is done to it.
struct Weights {
  size_t outputs, taps, inputs;
  std::vector<double> values;
  std::vector<double> bias;

  std::span<double> row(size_t output) {
    return std::span(values).subspan(output * taps * inputs, taps * inputs);
  }
};

Result<Weights> ReadWeights(const Model& model, const std::string& layer) {
  RESNET_ASSIGN_OR_RETURN(const Tensor weight, ToFloat32(model.tensor(layer + ".weight")));
  RESNET_ASSIGN_OR_RETURN(const Tensor bias, ToFloat32(model.tensor(layer + ".bias")));
  const auto outputs = static_cast<size_t>(weight.shape[0]);
  const auto inputs = static_cast<size_t>(weight.shape.back());
  const auto floats = weight.as<float>(), biases = bias.as<float>();
  return Weights{outputs,
                 floats.size() / outputs / inputs,
                 inputs,
                 {floats.begin(), floats.end()},
                 {biases.begin(), biases.end()}};
}

/// The integers and what they are worth.
struct Integers {
  std::vector<int8_t> values;  // as Weights::values
  std::vector<double> scale;   // [outputs]

  double number(size_t output, size_t index, size_t row) const {
    return values[output * row + index] * scale[output];
  }
};

/// `least_scale` [outputs]: below it, a bias or a requantisation would not fit.
Integers ToIntegers(Weights& weights, std::span<const double> least_scale) {
  Integers integers;
  for (size_t output = 0; output < weights.outputs; ++output) {
    double most = 0;
    for (const double value : weights.row(output)) most = std::max(most, std::abs(value));
    // Through float, as the file has it.
    const double scale = static_cast<float>(std::max(most / kMostInteger, least_scale[output]));
    for (const double value : weights.row(output)) {
      const double rounded = std::nearbyint(value / scale);
      integers.values.push_back(
          static_cast<int8_t>(std::clamp(rounded, -kMostInteger, kMostInteger)));
    }
    integers.scale.push_back(scale);
  }
  return integers;
}

/// Rounded weights shift a channel's mean; the bias takes that back, as far as the inputs' means
/// tell it (Nagel et al., arXiv 1906.04721, section 4.2, with means that were measured). `means`
/// empty: nothing is known, nothing is done.
void CorrectBias(const Integers& integers, std::span<const float> means, Weights& weights) {
  if (means.empty()) return;
  for (size_t output = 0; output < weights.outputs; ++output) {
    const std::span<const double> row = weights.row(output);
    double shift = 0;
    for (size_t i = 0; i < row.size(); ++i)
      shift += (row[i] - integers.number(output, i, row.size())) * means[i % weights.inputs];
    weights.bias[output] += shift;
  }
}

Status WriteScales(const Integers& integers, const std::string& layer, Model& model) {
  RESNET_ASSIGN_OR_RETURN(
      Tensor scale, Tensor::Create(DType::kF32, {static_cast<int64_t>(integers.scale.size())}));
  std::transform(integers.scale.begin(), integers.scale.end(), scale.as<float>().begin(),
                 [](double value) { return static_cast<float>(value); });
  model.tensors.insert_or_assign(layer + ".weight_scale", std::move(scale));
  return {};
}

Status WriteIntegers(const Integers& integers, const std::string& layer, Model& model) {
  RESNET_ASSIGN_OR_RETURN(Tensor weight,
                          Tensor::Create(DType::kI8, model.tensor(layer + ".weight").shape));
  std::copy(integers.values.begin(), integers.values.end(), weight.as<int8_t>().begin());
  model.tensors.insert_or_assign(layer + ".weight", std::move(weight));
  return WriteScales(integers, layer, model);
}

class Quantizer {
 public:
  Quantizer(const Calibration& calibration, const QuantizeOptions& options, Model& model)
      : calibration_(calibration),
        options_(options),
        layout_(LayOut(model.info.network)),
        model_(model) {}

  Status Run() {
    RESNET_RETURN_IF_ERROR(CheckNames());
    for (const QuantizedActivation& activation : QuantizedActivations(layout_))
      RESNET_RETURN_IF_ERROR(QuantizeActivation(activation));
    RESNET_RETURN_IF_ERROR(QuantizeStem(layout_.stem));
    std::string input = layout_.stem.name;
    for (const Block& block : layout_.blocks) {
      const std::string sum = block.name + ".add";
      if (block.shortcut)
        RESNET_RETURN_IF_ERROR(QuantizeConvolution(*block.shortcut, input, block.shortcut->name));
      for (const ConvLayer& conv : block.convs) {
        const bool last = &conv == &block.convs.back();
        const bool fused = last && quantization_[input].seven_bit();
        RESNET_RETURN_IF_ERROR(QuantizeConvolution(conv, input, fused ? sum : conv.name));
        input = conv.name;
      }
      input = sum;
    }
    for (const DenseLayer& dense : layout_.head) RESNET_RETURN_IF_ERROR(QuantizeDense(dense));
    model_.info.precision = Precision::kI8;
    return {};
  }

 private:
  Status CheckNames() const {
    std::set<std::string> layers, activations;
    for (const ConvLayer* conv : layout_.convolutions()) layers.insert(conv->name);
    for (const DenseLayer& dense : layout_.head) layers.insert(dense.name);
    for (const QuantizedActivation& activation : QuantizedActivations(layout_))
      activations.insert(activation.name);
    const auto check = [](const std::set<std::string>& asked, const std::set<std::string>& known,
                          std::string_view what) -> Status {
      for (const std::string& name : asked) {
        if (known.contains(name)) continue;
        return Error{ErrorCode::kBadArgument,
                     StrCat("the network has no ", what, " \"", Printable(name), "\": they are ",
                            Join(std::vector(known.begin(), known.end()), ", "))};
      }
      return {};
    };
    RESNET_RETURN_IF_ERROR(check(options_.keep_float, layers, "layer"));
    return check(options_.keep_8_bit, activations, "activation");
  }

  bool Keeps(const std::string& layer) const { return options_.keep_float.contains(layer); }

  Status QuantizeActivation(const QuantizedActivation& activation) {
    const bool eight = options_.keep_8_bit.contains(activation.name);
    const Quantization quantization =
        ChooseQuantization(calibration_.histogram(activation.name), activation.relu,
                           eight ? 8 : options_.activation_bits, options_.range_method());
    quantization_[activation.name] = quantization;
    return WriteQuantization(activation, quantization, model_);
  }

  /// The first layer reads pixels: normalisation, (pixel * scale - mean) / std, becomes part of its
  /// weights and its bias.
  Status QuantizeStem(const ConvLayer& stem) {
    if (Keeps(stem.name)) return {};
    RESNET_ASSIGN_OR_RETURN(Weights weights, ReadWeights(model_, stem.name));
    const Recipe& recipe = model_.info.recipe;
    for (size_t i = 0; i < weights.values.size(); ++i)
      weights.values[i] *= recipe.scale / recipe.std[i % weights.inputs];
    const Integers integers = ToIntegers(weights, LeastScales(weights, 1.0, stem.name));
    for (size_t output = 0; output < weights.outputs; ++output) {
      const size_t row = weights.taps * weights.inputs;
      for (size_t i = 0; i < row; ++i) {
        const size_t channel = i % weights.inputs;
        weights.bias[output] -=
            integers.number(output, i, row) * recipe.mean[channel] / recipe.scale;
      }
    }
    RESNET_RETURN_IF_ERROR(WriteIntegers(integers, stem.name, model_));
    return WriteBias(weights.bias, integers.scale, 1.0, stem.name);
  }

  Status QuantizeConvolution(const ConvLayer& conv, const std::string& input,
                             const std::string& output) {
    if (Keeps(conv.name)) return {};
    RESNET_ASSIGN_OR_RETURN(Weights weights, ReadWeights(model_, conv.name));
    const double from = quantization_[input].scale;
    const Integers integers = ToIntegers(weights, LeastScales(weights, from, output));
    CorrectBias(integers, calibration_.InputMeans(conv.name), weights);
    RESNET_RETURN_IF_ERROR(WriteIntegers(integers, conv.name, model_));
    return WriteBias(weights.bias, integers.scale, from, conv.name);
  }

  Status QuantizeDense(const DenseLayer& dense) {
    if (Keeps(dense.name)) return {};
    RESNET_ASSIGN_OR_RETURN(Weights weights, ReadWeights(model_, dense.name));
    const std::vector<double> least_scale(weights.outputs, 1e-30);
    const Integers integers = ToIntegers(weights, least_scale);
    CorrectBias(integers, calibration_.InputMeans(dense.name), weights);
    RESNET_RETURN_IF_ERROR(WriteIntegers(integers, dense.name, model_));
    RESNET_ASSIGN_OR_RETURN(Tensor bias,
                            Tensor::Create(DType::kF32, {static_cast<int64_t>(weights.outputs)}));
    std::transform(weights.bias.begin(), weights.bias.end(), bias.as<float>().begin(),
                   [](double value) { return static_cast<float>(value); });
    model_.tensors.insert_or_assign(dense.name + ".bias", std::move(bias));
    return {};
  }

  /// A channel whose weights are next to nothing beside its bias, or beside its output's scale.
  std::vector<double> LeastScales(const Weights& weights, double from, const std::string& output) {
    constexpr double kLeastRatio = 0x1p-30;
    const double to = quantization_[output].scale;
    std::vector<double> least;
    for (const double bias : weights.bias)
      least.push_back(std::max(std::abs(bias) / from / kMostBias, to / from * kLeastRatio));
    return least;
  }

  Status WriteBias(std::span<const double> bias, std::span<const double> scale, double from,
                   const std::string& layer) {
    RESNET_ASSIGN_OR_RETURN(Tensor tensor,
                            Tensor::Create(DType::kI32, {static_cast<int64_t>(bias.size())}));
    for (size_t i = 0; i < bias.size(); ++i) {
      const double integer = std::nearbyint(bias[i] / (from * scale[i]));
      tensor.as<int32_t>()[i] =
          static_cast<int32_t>(std::clamp<double>(integer, -kMaxQuantizedBias, kMaxQuantizedBias));
    }
    model_.tensors.insert_or_assign(layer + ".bias", std::move(tensor));
    return {};
  }

  const Calibration& calibration_;
  const QuantizeOptions& options_;
  NetworkLayout layout_;
  Model& model_;
  std::map<std::string, Quantization> quantization_;
};

}  // namespace

Calibration::Calibration(const NetworkSpec& network) {
  const NetworkLayout layout = LayOut(network);
  std::string input = layout.stem_pooling ? "maxpool" : layout.stem.name;
  for (const Block& block : layout.blocks) {
    if (block.shortcut) input_of_[block.shortcut->name] = input;
    for (const ConvLayer& conv : block.convs) {
      input_of_[conv.name] = input;
      input = conv.name;
    }
    input = block.name + ".add";
  }
  input = "avgpool";
  for (const DenseLayer& dense : layout.head) {
    input_of_[dense.name] = input;
    input = dense.name;
  }
}

Tap Calibration::MakeTap() {
  return [this](const Activation& activation) { Add(activation); };
}

void Calibration::Add(const Activation& activation) {
  Seen& seen = seen_[std::string(activation.name)];
  seen.histogram.Add(activation.values);
  const auto channels = static_cast<size_t>(activation.channels);
  seen.channel_sums.resize(channels);
  for (size_t i = 0; i < activation.values.size(); ++i)
    seen.channel_sums[i % channels] += activation.values[i];
  seen.positions += activation.values.size() / channels;
}

const Histogram& Calibration::histogram(const std::string& activation) const {
  const auto found = seen_.find(activation);
  assert(found != seen_.end());
  return found->second.histogram;
}

std::vector<float> Calibration::InputMeans(const std::string& layer) const {
  const auto input = input_of_.find(layer);
  const auto found = input == input_of_.end() ? seen_.end() : seen_.find(input->second);
  std::vector<float> means;
  if (found == seen_.end()) return means;
  for (const double sum : found->second.channel_sums)
    means.push_back(static_cast<float>(sum / static_cast<double>(found->second.positions)));
  return means;
}

Result<Model> QuantizeModel(const Model& model, const Calibration& calibration,
                            const QuantizeOptions& options) {
  RESNET_ASSIGN_OR_RETURN(Model result, model.Clone());
  DropGolden(result);
  RESNET_RETURN_IF_ERROR(Quantizer(calibration, options, result).Run());
  RESNET_RETURN_IF_ERROR(ValidateModel(result));
  result.info.activation_bits = ActivationBits(result);
  return result;
}

}  // namespace resnet
