// From a model to a Plan: makes every layer of the network, in fp32.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_BUILD_PLAN_H_
#define RESNET_ENGINE_BUILD_PLAN_H_

#include "engine/plan.h"
#include "model/model.h"

namespace resnet {

struct BuiltNetwork {
  Plan plan;
  std::vector<Tensor>
      head_weights;  ///< F32 [outputs, inputs] of each dense layer, for class activation maps
};

/// Takes the weights out of `model` layer by layer and frees them once packed. Errors:
/// kOutOfMemory, kUnsupportedModel.
Result<BuiltNetwork> BuildNetwork(Model& model);

}  // namespace resnet

#endif  // RESNET_ENGINE_BUILD_PLAN_H_
