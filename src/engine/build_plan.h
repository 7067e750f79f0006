// From a model to a Plan: makes every layer of the network, in floats or in bytes as its tensors
// are.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_BUILD_PLAN_H_
#define RESNET_ENGINE_BUILD_PLAN_H_

#include "engine/plan.h"
#include "model/model.h"

namespace resnet {

/// A dense layer's weights, for class activation maps.
struct HeadWeights {
  Tensor weight;                ///< [outputs, inputs], F32, or I8 with
  std::optional<Tensor> scale;  ///< F32 [outputs]

  /// The weights of one output.
  std::vector<float> Row(size_t output) const;
};

struct BuiltNetwork {
  Plan plan;
  std::vector<HeadWeights> head_weights;
};

/// Takes the weights out of `model` layer by layer and frees them once packed. Errors:
/// kOutOfMemory, kUnsupportedModel.
Result<BuiltNetwork> BuildNetwork(Model& model);

}  // namespace resnet

#endif  // RESNET_ENGINE_BUILD_PLAN_H_
