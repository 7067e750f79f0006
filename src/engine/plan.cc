// See plan.h.
//
// SPDX-License-Identifier: MIT
#include "engine/plan.h"

#include <algorithm>
#include <limits>

namespace resnet {
namespace {

/// For each value the last step that reads it.
std::vector<size_t> LastUses(const Plan& plan) {
  std::vector<size_t> last(plan.values.size(), 0);
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    for (const int value : plan.steps[i].inputs) last[static_cast<size_t>(value)] = i;
  }
  for (size_t i = 0; i < plan.values.size(); ++i) {
    if (plan.values[i].keep) last[i] = std::numeric_limits<size_t>::max();
  }
  return last;
}

/// Takes the free slot whose size is nearest to `bytes` from above, else the largest, else a new
/// one.
int TakeSlot(std::vector<int>& free, std::vector<size_t>& sizes, size_t bytes) {
  const auto better = [&](int a, int b) {
    const size_t size_a = sizes[static_cast<size_t>(a)], size_b = sizes[static_cast<size_t>(b)];
    const bool fits_a = size_a >= bytes, fits_b = size_b >= bytes;
    if (fits_a != fits_b) return fits_a;
    return fits_a ? size_a < size_b : size_a > size_b;
  };
  int slot = static_cast<int>(sizes.size());
  if (const auto best = std::min_element(free.begin(), free.end(), better); best != free.end()) {
    slot = *best;
    free.erase(best);
  } else {
    sizes.push_back(0);
  }
  size_t& size = sizes[static_cast<size_t>(slot)];
  size = std::max(size, bytes);
  return slot;
}

}  // namespace

int Plan::AddValue(ActivationShape shape, size_t element_size) {
  Value& value = values.emplace_back();
  value.shape = shape;
  value.element_size = element_size;
  return static_cast<int>(values.size()) - 1;
}

int Plan::AddStep(PlanStep step, ActivationShape output, std::optional<Quantization> quantization) {
  step.output = AddValue(output, quantization ? sizeof(int8_t) : sizeof(float));
  values.back().quantization = quantization;
  steps.push_back(std::move(step));
  return steps.back().output;
}

std::vector<size_t> AssignSlots(Plan& plan) {
  const std::vector<size_t> last_use = LastUses(plan);
  std::vector<size_t> sizes;
  std::vector<int> free;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    Value& output = plan.values[static_cast<size_t>(step.output)];
    output.slot = TakeSlot(free, sizes, output.bytes());
    // Inputs are given back only now: a layer never writes where it reads.
    for (const int value : step.inputs) {
      const int slot = plan.values[static_cast<size_t>(value)].slot;
      if (slot >= 0 && last_use[static_cast<size_t>(value)] == i) free.push_back(slot);
    }
  }
  return sizes;
}

}  // namespace resnet
