// See quantization.h.
//
// SPDX-License-Identifier: MIT
#include "model/quantization.h"

#include <cassert>
#include <cmath>

#include "base/strings.h"

namespace resnet {
namespace {

constexpr std::string_view kScale = ".output_scale";
constexpr std::string_view kZeroPoint = ".output_zero_point";
constexpr std::string_view kMax = ".output_max";
constexpr std::string_view kWeight = ".weight";

Error Bad(std::string_view name, std::string_view what) {
  return Error{ErrorCode::kBadModel, StrCat("tensor \"", name, "\" ", what)};
}

bool IsScale(float value) { return value > 0 && std::isnormal(value); }

/// A tensor of the expected type.
Result<const Tensor*> Typed(const Model& model, const std::string& name, DType dtype) {
  const Tensor& tensor = model.tensor(name);
  if (tensor.dtype == dtype) return &tensor;
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("tensor \"", name, "\" is of type ", DTypeName(tensor.dtype), ", ",
                      DTypeName(dtype), " was expected")};
}

Status CheckScales(const Model& model, const std::string& name) {
  RESNET_ASSIGN_OR_RETURN(const Tensor* scales, Typed(model, name, DType::kF32));
  for (const float scale : scales->as<float>()) {
    if (!IsScale(scale)) return Bad(name, "holds a scale that is not positive, or too small");
  }
  return {};
}

Status CheckActivation(const Model& model, const std::string& name) {
  const std::string zero_point = StrCat(name, kZeroPoint), max = StrCat(name, kMax);
  RESNET_RETURN_IF_ERROR(CheckScales(model, StrCat(name, kScale)));
  RESNET_ASSIGN_OR_RETURN(const Tensor* zero, Typed(model, zero_point, DType::kI8));
  RESNET_ASSIGN_OR_RETURN(const Tensor* most, Typed(model, max, DType::kI8));
  if (zero->as<int8_t>()[0] < most->as<int8_t>()[0]) return {};
  return Bad(zero_point, StrCat("is not below \"", max, "\""));
}

Status CheckBias(const Model& model, const std::string& name) {
  RESNET_ASSIGN_OR_RETURN(const Tensor* bias, Typed(model, name, DType::kI32));
  for (const int32_t value : bias->as<int32_t>()) {
    if (value < -kMaxQuantizedBias || value > kMaxQuantizedBias)
      return Bad(name, StrCat("holds ", value, ", which would overflow a sum"));
  }
  return {};
}

template <typename T>
Status Put(Model& model, std::string name, DType dtype, T value) {
  RESNET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(dtype, {1}));
  tensor.as<T>()[0] = value;
  model.tensors.insert_or_assign(std::move(name), std::move(tensor));
  return {};
}

bool HasInt8Weight(const Model& model, const std::string& layer) {
  const auto found = model.tensors.find(StrCat(layer, kWeight));
  return found != model.tensors.end() && found->second.dtype == DType::kI8;
}

}  // namespace

std::vector<QuantizedActivation> QuantizedActivations(const NetworkLayout& layout) {
  std::vector<QuantizedActivation> all = {{layout.stem.name, true}};
  for (const Block& block : layout.blocks) {
    for (const ConvLayer& conv : block.convs) all.push_back({conv.name, conv.relu});
    if (block.shortcut) all.push_back({block.shortcut->name, false});
    all.push_back({StrCat(block.name, ".add"), true});
  }
  return all;
}

Quantization ReadQuantization(const Model& model, const QuantizedActivation& activation) {
  Quantization result;
  result.scale = model.tensor(StrCat(activation.name, kScale)).as<float>()[0];
  result.zero_point = model.tensor(StrCat(activation.name, kZeroPoint)).as<int8_t>()[0];
  result.max = model.tensor(StrCat(activation.name, kMax)).as<int8_t>()[0];
  result.min = activation.relu ? result.zero_point : int8_t{-128};
  return result;
}

Status WriteQuantization(const QuantizedActivation& activation, const Quantization& quantization,
                         Model& model) {
  const std::string& name = activation.name;
  RESNET_RETURN_IF_ERROR(Put(model, StrCat(name, kScale), DType::kF32, quantization.scale));
  RESNET_RETURN_IF_ERROR(Put(model, StrCat(name, kZeroPoint), DType::kI8, quantization.zero_point));
  return Put(model, StrCat(name, kMax), DType::kI8, quantization.max);
}

std::string ActivationBits(const Model& model) {
  int seven = 0, all = 0;
  for (const QuantizedActivation& activation : QuantizedActivations(LayOut(model.info.network))) {
    if (!activation.relu) continue;
    ++all;
    if (ReadQuantization(model, activation).seven_bit()) ++seven;
  }
  return seven == all ? "7" : seven == 0 ? "8" : "mixed";
}

std::vector<ExpectedTensor> QuantizationTensors(const Model& model) {
  std::vector<ExpectedTensor> expected;
  for (const ExpectedTensor& tensor : ExpectedTensors(model.info.network)) {
    if (!tensor.name.ends_with(kWeight)) continue;
    const std::string layer = tensor.name.substr(0, tensor.name.size() - kWeight.size());
    if (HasInt8Weight(model, layer))
      expected.push_back({StrCat(tensor.name, "_scale"), {tensor.shape[0]}});
  }
  for (const QuantizedActivation& activation : QuantizedActivations(LayOut(model.info.network))) {
    for (const std::string_view number : {kScale, kZeroPoint, kMax})
      expected.push_back({StrCat(activation.name, number), {1}});
  }
  return expected;
}

Status ValidateQuantization(const Model& model) {
  const NetworkLayout layout = LayOut(model.info.network);
  for (const QuantizedActivation& activation : QuantizedActivations(layout))
    RESNET_RETURN_IF_ERROR(CheckActivation(model, activation.name));
  for (const ConvLayer* conv : layout.convolutions()) {
    if (!HasInt8Weight(model, conv->name)) continue;
    RESNET_RETURN_IF_ERROR(CheckScales(model, StrCat(conv->name, ".weight_scale")));
    RESNET_RETURN_IF_ERROR(CheckBias(model, StrCat(conv->name, ".bias")));
  }
  for (const DenseLayer& dense : layout.head) {
    if (HasInt8Weight(model, dense.name))
      RESNET_RETURN_IF_ERROR(CheckScales(model, StrCat(dense.name, ".weight_scale")));
  }
  return {};
}

}  // namespace resnet
