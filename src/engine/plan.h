// Plan: the network's layers in running order, and which buffer each activation lives in.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_PLAN_H_
#define RESNET_ENGINE_PLAN_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/layer.h"
#include "model/quantization.h"

namespace resnet {

/// An activation: what one layer writes and later ones read.
struct Value {
  ActivationShape shape;
  size_t element_size = sizeof(float);
  std::optional<Quantization> quantization;  ///< of bytes; none: floats, or the picture
  bool keep = false;                         ///< still wanted when the run is over
  int slot = -1;                             ///< the buffer it lives in; set by AssignSlots

  size_t bytes() const { return shape.count() * element_size; }
};

/// One layer with its place in the graph.
struct PlanStep {
  std::string name;   ///< as in Activation
  std::string stage;  ///< likewise
  std::string kind;   ///< for people
  uint64_t macs = 0;  ///< for one picture
  std::vector<int> inputs;
  int output = -1;
  LayerPtr layer;
};

/// Value 0 is the picture, which the caller owns; it has no slot.
inline constexpr int kPictureValue = 0;

struct Plan {
  std::vector<Value> values;
  std::vector<PlanStep> steps;
  int features = -1;  ///< value ids
  int embedding = -1;
  std::vector<int> dense;  ///< the head's layers; the last one's are the logits

  int AddValue(ActivationShape shape, size_t element_size = sizeof(float));
  /// Appends a step that writes a new value, of floats or of bytes, whose id it returns.
  int AddStep(PlanStep step, ActivationShape output,
              std::optional<Quantization> quantization = std::nullopt);
};

/// Gives every value a slot such that no two values that are alive at once share one, and returns
/// the bytes that each slot needs for one picture. A value is alive from the step that writes it
/// until the last step that reads it.
std::vector<size_t> AssignSlots(Plan& plan);

}  // namespace resnet

#endif  // RESNET_ENGINE_PLAN_H_
