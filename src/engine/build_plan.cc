// See build_plan.h.
//
// SPDX-License-Identifier: MIT
#include "engine/build_plan.h"

#include <cassert>

#include "base/strings.h"
#include "engine/plain_layers.h"
#include "engine/xnn_layers.h"

namespace resnet {
namespace {

/// A half, rounded up: what a window of odd size with "same" padding leaves at stride 2.
int Strided(int size, int stride) { return (size + stride - 1) / stride; }

class Builder {
 public:
  explicit Builder(Model& model) : model_(model), layout_(LayOut(model.info.network)) {}

  Result<BuiltNetwork> Build() {
    const int side = model_.info.recipe.crop;
    const ActivationShape picture{side, side, kChannels};
    const int pixels = plan_.AddValue(picture, sizeof(uint8_t));
    assert(pixels == kPictureValue);
    int value = Add("input", "normalisation", {pixels}, picture,
                    MakeNormalization(model_.info.recipe, picture));
    RESNET_ASSIGN_OR_RETURN(value, AddStem(value));
    for (const Block& block : layout_.blocks) {
      RESNET_ASSIGN_OR_RETURN(value, AddBlock(block, value));
    }
    MarkStages();
    plan_.features = Keep(value);
    value = Add("avgpool", "average pooling", {value}, {1, 1, layout_.features},
                MakeAveragePooling(shape(value)));
    plan_.embedding = Keep(value);
    for (const DenseLayer& dense : layout_.head) {
      RESNET_ASSIGN_OR_RETURN(value, AddDense(dense, value));
      plan_.dense.push_back(Keep(value));
    }
    return BuiltNetwork{std::move(plan_), std::move(head_weights_)};
  }

 private:
  ActivationShape shape(int value) const { return plan_.values[static_cast<size_t>(value)].shape; }

  int Keep(int value) {
    plan_.values[static_cast<size_t>(value)].keep = true;
    return value;
  }

  int Add(std::string name, std::string kind, std::vector<int> inputs, ActivationShape output,
          LayerPtr layer, uint64_t macs = 0) {
    return plan_.AddStep(PlanStep{std::move(name), "", std::move(kind), macs, std::move(inputs), -1,
                                  std::move(layer)},
                         output);
  }

  /// Takes the tensor out of the model, as F32.
  Result<Tensor> Take(const std::string& name) {
    const auto found = model_.tensors.find(name);
    assert(found != model_.tensors.end());
    Tensor tensor = std::move(found->second);
    model_.tensors.erase(found);
    if (tensor.dtype == DType::kF32) return tensor;
    return ToFloat32(tensor);
  }

  Result<int> AddStem(int value) {
    RESNET_ASSIGN_OR_RETURN(value, AddConvolution(layout_.stem, value));
    if (!layout_.stem_pooling) return value;
    const ActivationShape in = shape(value);
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer, MakeMaxPooling(in));
    const ActivationShape out{Strided(in.height, 2), Strided(in.width, 2), in.channels};
    return Add("maxpool", "max pooling 3x3", {value}, out, std::move(layer));
  }

  Result<int> AddConvolution(const ConvLayer& conv, int input) {
    RESNET_ASSIGN_OR_RETURN(const Tensor weight, Take(conv.name + ".weight"));
    RESNET_ASSIGN_OR_RETURN(const Tensor bias, Take(conv.name + ".bias"));
    const ActivationShape in = shape(input);
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer, MakeConvolution(conv, in, weight, bias));
    const ActivationShape out{Strided(in.height, conv.stride), Strided(in.width, conv.stride),
                              conv.out_channels};
    const uint64_t macs =
        out.count() * static_cast<size_t>(conv.kernel * conv.kernel * conv.in_channels);
    return Add(conv.name, StrCat("convolution ", conv.kernel, "x", conv.kernel), {input}, out,
               std::move(layer), macs);
  }

  Result<int> AddBlock(const Block& block, int input) {
    int main = input;
    for (const ConvLayer& conv : block.convs) {
      RESNET_ASSIGN_OR_RETURN(main, AddConvolution(conv, main));
    }
    int shortcut = input;
    if (block.shortcut) {
      RESNET_ASSIGN_OR_RETURN(shortcut, AddConvolution(*block.shortcut, input));
    }
    const ActivationShape out = shape(main);
    return Add(block.name + ".add", "residual add", {main, shortcut}, out, MakeResidualAdd(out));
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
    RESNET_ASSIGN_OR_RETURN(Tensor weight, Take(dense.name + ".weight"));
    RESNET_ASSIGN_OR_RETURN(const Tensor bias, Take(dense.name + ".bias"));
    RESNET_ASSIGN_OR_RETURN(LayerPtr layer, MakeDense(dense, weight, bias));
    head_weights_.push_back(std::move(weight));
    const uint64_t macs =
        static_cast<uint64_t>(dense.inputs) * static_cast<uint64_t>(dense.outputs);
    return Add(dense.name, "dense", {input}, {1, 1, dense.outputs}, std::move(layer), macs);
  }

  Model& model_;
  NetworkLayout layout_;
  Plan plan_;
  std::vector<Tensor> head_weights_;
};

}  // namespace

Result<BuiltNetwork> BuildNetwork(Model& model) { return Builder(model).Build(); }

}  // namespace resnet
