// See layer_sources.h.
//
// SPDX-License-Identifier: MIT
#include "import/layer_sources.h"

#include <set>
#include <utility>

#include "base/strings.h"
#include "import/fold.h"

namespace resnet {
namespace {

/// Counts training steps; says nothing about the network.
constexpr std::string_view kIgnoredEnding = ".num_batches_tracked";
constexpr size_t kListed = 8;  // names in an error

Error Wrong(std::string message) {
  return Error{ErrorCode::kWrongArchitecture, std::move(message)};
}

/// Takes tensors out of a checkpoint and remembers which were taken.
class Taker {
 public:
  explicit Taker(const TensorMap& checkpoint) : checkpoint_(checkpoint) {}

  /// Null where there is none of that name.
  Result<const Tensor*> Optional(const std::string& name, const Shape& shape) {
    const auto found = checkpoint_.find(name);
    if (found == checkpoint_.end()) return static_cast<const Tensor*>(nullptr);
    if (found->second.shape != shape) {
      return Wrong(StrCat("tensor \"", name, "\" has the shape ", ShapeText(found->second.shape),
                          ", ", ShapeText(shape), " was expected"));
    }
    taken_.insert(name);
    return &found->second;
  }

  Result<const Tensor*> Required(const std::string& name, const Shape& shape) {
    RESNET_ASSIGN_OR_RETURN(const Tensor* tensor, Optional(name, shape));
    if (tensor == nullptr)
      return Wrong(StrCat("tensor \"", name, "\" ", ShapeText(shape), " is missing"));
    return tensor;
  }

  Status CheckNothingLeft() const {
    std::vector<std::string> left;
    size_t count = 0;
    for (const auto& [name, tensor] : checkpoint_) {
      if (taken_.count(name) > 0 || name.ends_with(kIgnoredEnding)) continue;
      if (++count <= kListed) left.push_back(StrCat(Printable(name), " ", ShapeText(tensor.shape)));
    }
    if (count == 0) return {};
    return Wrong(StrCat(count, " tensors have no place in this network: ", Join(left, ", "),
                        count > kListed ? ", ..." : ""));
  }

 private:
  const TensorMap& checkpoint_;
  std::set<std::string, std::less<>> taken_;
};

/// A batch-norm is there with all four vectors, or not at all: then it was folded before.
Result<std::optional<BatchNorm>> TakeNorm(Taker& taker, const ConvSource& source, bool has_bias) {
  const Shape shape = {source.layer.out_channels};
  RESNET_ASSIGN_OR_RETURN(const Tensor* gamma, taker.Optional(source.norm + ".weight", shape));
  if (gamma == nullptr && has_bias) return std::optional<BatchNorm>();
  BatchNorm norm{gamma, nullptr, nullptr, nullptr};
  RESNET_ASSIGN_OR_RETURN(norm.gamma, taker.Required(source.norm + ".weight", shape));
  RESNET_ASSIGN_OR_RETURN(norm.beta, taker.Required(source.norm + ".bias", shape));
  RESNET_ASSIGN_OR_RETURN(norm.mean, taker.Required(source.norm + ".running_mean", shape));
  RESNET_ASSIGN_OR_RETURN(norm.variance, taker.Required(source.norm + ".running_var", shape));
  return std::optional<BatchNorm>(norm);
}

Status BuildConv(const ConvSource& source, Taker& taker, double epsilon, BuiltTensors& built) {
  const ConvLayer& layer = source.layer;
  RESNET_ASSIGN_OR_RETURN(
      const Tensor* weight,
      taker.Required(source.conv + ".weight",
                     {layer.out_channels, layer.in_channels, layer.kernel, layer.kernel}));
  RESNET_ASSIGN_OR_RETURN(const Tensor* bias,
                          taker.Optional(source.conv + ".bias", {layer.out_channels}));
  RESNET_ASSIGN_OR_RETURN(const std::optional<BatchNorm> norm,
                          TakeNorm(taker, source, bias != nullptr));
  Result<FoldedConv> folded = FoldConv(*weight, bias, norm, epsilon);
  if (!folded.ok()) return folded.error().In(source.conv);
  built.folded += norm ? 1 : 0;
  built.tensors.emplace(layer.name + ".weight", std::move(folded->weight));
  built.tensors.emplace(layer.name + ".bias", std::move(folded->bias));
  return {};
}

Status BuildDense(const DenseSource& source, Taker& taker, TensorMap& tensors) {
  const DenseLayer& layer = source.layer;
  RESNET_ASSIGN_OR_RETURN(const Tensor* weight,
                          taker.Required(source.dense + ".weight", {layer.outputs, layer.inputs}));
  RESNET_ASSIGN_OR_RETURN(const Tensor* bias,
                          taker.Optional(source.dense + ".bias", {layer.outputs}));
  Result<Tensor> floats = ToFloat32(*weight);
  if (!floats.ok()) return floats.error().In(source.dense + ".weight");
  const std::vector<float> zeros(static_cast<size_t>(layer.outputs), 0.0f);
  Result<Tensor> biases =
      bias != nullptr ? ToFloat32(*bias) : Tensor::FromFloats({layer.outputs}, zeros);
  if (!biases.ok()) return biases.error().In(source.dense + ".bias");
  tensors.emplace(layer.name + ".weight", std::move(*floats));
  tensors.emplace(layer.name + ".bias", std::move(*biases));
  return {};
}

}  // namespace

Result<BuiltTensors> BuildTensors(const LayerSources& sources, const TensorMap& checkpoint,
                                  double epsilon) {
  Taker taker(checkpoint);
  BuiltTensors built;
  for (const ConvSource& source : sources.convs) {
    RESNET_RETURN_IF_ERROR(BuildConv(source, taker, epsilon, built));
  }
  for (const DenseSource& source : sources.dense) {
    RESNET_RETURN_IF_ERROR(BuildDense(source, taker, built.tensors));
  }
  RESNET_RETURN_IF_ERROR(taker.CheckNothingLeft());
  return built;
}

}  // namespace resnet
