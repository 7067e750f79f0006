// See build_plan.h.
//
// SPDX-License-Identifier: MIT
#include "engine/build_plan.h"

#include <cassert>

#include "base/strings.h"
#include "engine/int8_convolution.h"
#include "engine/plain_layers.h"
#include "engine/quantized_layers.h"
#include "engine/xnn_layers.h"

namespace resnet {
namespace {

class Builder {
 public:
  explicit Builder(Model& model)
      : model_(model),
        int8_(model.info.precision == Precision::kI8),
        layout_(LayOut(model.info.network)) {}

  Result<BuiltNetwork> Build() {
    RESNET_ASSIGN_OR_RETURN(int value, AddStem());
    for (const Block& block : layout_.blocks) {
      RESNET_ASSIGN_OR_RETURN(value, AddBlock(block, value));
    }
    MarkStages();
    plan_.features = Keep(value);
    value = AddPooling(value);
    plan_.embedding = Keep(value);
    for (const DenseLayer& dense : layout_.head) {
      RESNET_ASSIGN_OR_RETURN(value, AddDense(dense, value));
      plan_.dense.push_back(Keep(value));
    }
    return BuiltNetwork{std::move(plan_), std::move(head_weights_)};
  }

 private:
  using MaybeQuantization = std::optional<Quantization>;

  const Value& value(int id) const { return plan_.values[static_cast<size_t>(id)]; }
  ActivationShape shape(int id) const { return value(id).shape; }

  int Keep(int id) {
    plan_.values[static_cast<size_t>(id)].keep = true;
    return id;
  }

  /// A step that writes floats, or bytes where there is a quantization.
  int Add(std::string name, std::string kind, std::vector<int> inputs, ActivationShape output,
          LayerPtr layer, uint64_t macs = 0, MaybeQuantization quantization = std::nullopt) {
    return plan_.AddStep(PlanStep{std::move(name), "", std::move(kind), macs, std::move(inputs), -1,
                                  std::move(layer)},
                         output, quantization);
  }

  Tensor TakeAsIs(const std::string& name) {
    const auto found = model_.tensors.find(name);
    assert(found != model_.tensors.end());
    Tensor tensor = std::move(found->second);
    model_.tensors.erase(found);
    return tensor;
  }

  /// Takes the tensor out of the model, as F32.
  Result<Tensor> Take(const std::string& name) {
    Tensor tensor = TakeAsIs(name);
    if (tensor.dtype == DType::kF32) return tensor;
    return ToFloat32(tensor);
  }

  bool HasInt8Weight(const std::string& layer) const {
    return model_.tensor(layer + ".weight").dtype == DType::kI8;
  }

  /// Whether the activation of that name is kept in bytes: in 8-bit models, all of them are.
  MaybeQuantization QuantizationOf(const std::string& name, bool relu) const {
    if (!int8_) return std::nullopt;
    return ReadQuantization(model_, {name, relu});
  }

  // What is called by every kind of network

  Result<int> AddStem() {
    const int side = model_.info.recipe.crop;
    const int pixels = plan_.AddValue({side, side, kChannels}, sizeof(uint8_t));
    assert(pixels == kPictureValue);
    RESNET_ASSIGN_OR_RETURN(const int stem, HasInt8Weight(layout_.stem.name)
                                                ? AddPixelConvolution(layout_.stem, pixels)
                                                : AddNormalizedStem(pixels));
    return layout_.stem_pooling ? AddMaxPooling(stem) : Result<int>(stem);
  }

  Result<int> AddNormalizedStem(int pixels) {
    const ActivationShape picture = shape(pixels);
    const int input = Add("input", "normalisation", {pixels}, picture,
                          MakeNormalization(model_.info.recipe, picture));
    return AddConvolution(layout_.stem, input);
  }

  Result<int> AddMaxPooling(int input) {
    const ActivationShape in = shape(input);
    const MaybeQuantization quantization = value(input).quantization;
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer,
                            quantization ? MakeQuantizedMaxPooling(in) : MakeMaxPooling(in));
    return Add("maxpool", "max pooling 3x3", {input}, in.Strided(2, in.channels), std::move(layer),
               0, quantization);
  }

  Result<int> AddBlock(const Block& block, int input) {
    int main = input;
    for (size_t i = 0; i + 1 < block.convs.size(); ++i) {
      RESNET_ASSIGN_OR_RETURN(main, AddConvolution(block.convs[i], main));
    }
    int shortcut = input;
    if (block.shortcut) {
      RESNET_ASSIGN_OR_RETURN(shortcut, AddConvolution(*block.shortcut, input));
    }
    const ConvLayer& last = block.convs.back();
    const std::string sum = block.name + ".add";
    if (RunsOnOurKernel(last, main)) return AddInt8Convolution(last, main, shortcut, sum);
    RESNET_ASSIGN_OR_RETURN(main, AddConvolution(last, main));
    const ActivationShape out = shape(main);
    const MaybeQuantization to = QuantizationOf(sum, /*relu=*/true);
    LayerPtr layer =
        to ? MakeQuantizedAdd(out, *value(main).quantization, *value(shortcut).quantization, *to)
           : MakeResidualAdd(out);
    return Add(sum, "residual add", {main, shortcut}, out, std::move(layer), 0, to);
  }

  int AddPooling(int input) {
    const ActivationShape in = shape(input);
    const MaybeQuantization& from = value(input).quantization;
    return Add("avgpool", "average pooling", {input}, {1, 1, layout_.features},
               from ? MakeQuantizedAveragePooling(in, *from) : MakeAveragePooling(in));
  }

  Result<int> AddConvolution(const ConvLayer& conv, int input) {
    if (RunsOnOurKernel(conv, input))
      return AddInt8Convolution(conv, input, std::nullopt, conv.name);
    return HasInt8Weight(conv.name) ? AddQuantizedConvolution(conv, input)
                                    : AddFloatConvolution(conv, input);
  }

  // Convolutions

  int AddConvolutionStep(const ConvLayer& conv, std::string name, std::vector<int> inputs,
                         LayerPtr layer, MaybeQuantization to) {
    const ActivationShape out = shape(inputs[0]).Strided(conv.stride, conv.out_channels);
    const uint64_t macs =
        out.count() * static_cast<size_t>(conv.kernel * conv.kernel * conv.in_channels);
    const char* const sum = inputs.size() == 2 ? " and residual add" : "";
    return Add(std::move(name), StrCat("convolution ", conv.kernel, "x", conv.kernel, sum),
               std::move(inputs), out, std::move(layer), macs, to);
  }

  /// In floats, whatever its input and its output are.
  Result<int> AddFloatConvolution(const ConvLayer& conv, int input) {
    if (const MaybeQuantization from = value(input).quantization) {
      const ActivationShape in = shape(input);
      input = Add(conv.name + ".input", "to floats", {input}, in, MakeDequantize(in, *from));
    }
    RESNET_ASSIGN_OR_RETURN(const Tensor weight, Take(conv.name + ".weight"));
    RESNET_ASSIGN_OR_RETURN(const Tensor bias, Take(conv.name + ".bias"));
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer, MakeConvolution(conv, shape(input), weight, bias));
    const MaybeQuantization to = QuantizationOf(conv.name, conv.relu);
    const std::string name = to ? conv.name + ".float" : conv.name;
    const int out = AddConvolutionStep(conv, name, {input}, std::move(layer), std::nullopt);
    if (!to) return out;
    return Add(conv.name, "to bytes", {out}, shape(out), MakeQuantize(shape(out), *to), 0, to);
  }

  /// Takes weight, scale and bias of an 8-bit layer out of the model while `make` uses them.
  template <typename Make>
  Result<LayerPtr> MakeFromInt8(const ConvLayer& conv, Make make) {
    const Tensor weight = TakeAsIs(conv.name + ".weight");
    const Tensor scale = TakeAsIs(conv.name + ".weight_scale");
    const Tensor bias = TakeAsIs(conv.name + ".bias");
    Result<LayerPtr> layer = make(Int8Weights{weight, scale, bias});
    if (!layer.ok()) return layer.error().In(conv.name);
    return layer;
  }

  Result<int> AddPixelConvolution(const ConvLayer& conv, int pixels) {
    const Quantization to = *QuantizationOf(conv.name, conv.relu);
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer, MakeFromInt8(conv, [&](const Int8Weights& weights) {
                              return MakePixelConvolution(conv, shape(pixels), weights,
                                                          model_.info.recipe, to);
                            }));
    return AddConvolutionStep(conv, conv.name, {pixels}, std::move(layer), to);
  }

  /// Our kernels take 7-bit activations; XNNPACK's take all.
  bool RunsOnOurKernel(const ConvLayer& conv, int input) const {
    const MaybeQuantization& from = value(input).quantization;
    return from && from->seven_bit() && HasInt8Weight(conv.name);
  }

  Result<int> AddInt8Convolution(const ConvLayer& conv, int input, std::optional<int> residual,
                                 const std::string& name) {
    const Quantization from = *value(input).quantization;
    const Quantization to = *QuantizationOf(name, conv.relu || residual);
    const Quantization* added = residual ? &*value(*residual).quantization : nullptr;
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer, MakeFromInt8(conv, [&](const Int8Weights& weights) {
                              return MakeInt8Convolution(conv, shape(input), weights, from, to,
                                                         added);
                            }));
    std::vector<int> inputs = {input};
    if (residual) inputs.push_back(*residual);
    return AddConvolutionStep(conv, name, std::move(inputs), std::move(layer), to);
  }

  Result<int> AddQuantizedConvolution(const ConvLayer& conv, int input) {
    const Quantization from = *value(input).quantization;
    const Quantization to = *QuantizationOf(conv.name, conv.relu);
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer, MakeFromInt8(conv, [&](const Int8Weights& weights) {
                              return MakeQuantizedConvolution(conv, shape(input), weights, from,
                                                              to);
                            }));
    return AddConvolutionStep(conv, conv.name, {input}, std::move(layer), to);
  }

  /// Names the stage whose output a step is: the last block's sum of "layer1" and so on.
  void MarkStages() {
    for (PlanStep& step : plan_.steps) {
      if (!step.name.ends_with(".add")) continue;
      const std::string stage = step.name.substr(0, step.name.find('.'));
      for (PlanStep& earlier : plan_.steps) {
        if (&earlier != &step && earlier.stage == stage) earlier.stage.clear();
      }
      step.stage = stage;
    }
  }

  Result<int> AddDense(const DenseLayer& dense, int input) {
    RESNET_ASSIGN_OR_RETURN(const Tensor bias, Take(dense.name + ".bias"));
    HeadWeights head;
    LayerPtr layer;
    if (HasInt8Weight(dense.name)) {
      head.weight = TakeAsIs(dense.name + ".weight");
      head.scale = TakeAsIs(dense.name + ".weight_scale");
      RESNET_ASSIGN_OR_RETURN(layer, MakeQuantizedDense(dense, head.weight, *head.scale, bias));
    } else {
      RESNET_ASSIGN_OR_RETURN(head.weight, Take(dense.name + ".weight"));
      RESNET_ASSIGN_OR_RETURN(layer, MakeDense(dense, head.weight, bias));
    }
    head_weights_.push_back(std::move(head));
    const uint64_t macs =
        static_cast<uint64_t>(dense.inputs) * static_cast<uint64_t>(dense.outputs);
    return Add(dense.name, "dense", {input}, {1, 1, dense.outputs}, std::move(layer), macs);
  }

  Model& model_;
  bool int8_;
  NetworkLayout layout_;
  Plan plan_;
  std::vector<HeadWeights> head_weights_;
};

}  // namespace

std::vector<float> HeadWeights::Row(size_t output) const {
  const auto columns = static_cast<size_t>(weight.shape[1]);
  std::vector<float> row;
  if (!scale) {
    const auto values = weight.as<float>().subspan(output * columns, columns);
    row.assign(values.begin(), values.end());
    return row;
  }
  for (const int8_t value : weight.as<int8_t>().subspan(output * columns, columns))
    row.push_back(static_cast<float>(value) * scale->as<float>()[output]);
  return row;
}

Result<BuiltNetwork> BuildNetwork(Model& model) { return Builder(model).Build(); }

}  // namespace resnet
