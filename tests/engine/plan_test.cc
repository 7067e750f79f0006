// The buffer plan: no two values that are alive at once share a slot.
//
// SPDX-License-Identifier: MIT
#include "engine/plan.h"

#include <gtest/gtest.h>

#include "engine/build_plan.h"
#include "engine/xnn_layers.h"
#include "support/random_model.h"

namespace resnet {
namespace {

Plan PlanOf(const NetworkSpec& spec, int side) {
  Model model = testing::RandomModel(spec, side);
  EXPECT_TRUE(InitializeXnnpack().ok());
  return std::move(BuildNetwork(model).value().plan);
}

TEST(Plan, NoValueIsOverwrittenBeforeItsLastUse) {
  for (const int depth : {18, 50}) {
    Plan plan = PlanOf({.depth = depth, .classes = 10}, 64);
    const std::vector<size_t> sizes = AssignSlots(plan);
    std::vector<int> holds(sizes.size(), -1);  // the value whose numbers are in each slot
    for (const PlanStep& step : plan.steps) {
      for (const int input : step.inputs) {
        if (input == kPictureValue) continue;
        EXPECT_EQ(holds[static_cast<size_t>(plan.values[static_cast<size_t>(input)].slot)], input)
            << step.name;
      }
      const Value& output = plan.values[static_cast<size_t>(step.output)];
      EXPECT_LE(output.bytes(), sizes[static_cast<size_t>(output.slot)]) << step.name;
      holds[static_cast<size_t>(output.slot)] = step.output;
    }
    for (const int kept : {plan.features, plan.embedding, plan.dense.back()}) {
      EXPECT_EQ(holds[static_cast<size_t>(plan.values[static_cast<size_t>(kept)].slot)], kept);
    }
  }
}

TEST(Plan, ActivationsOfResNet50FitInAFewBuffers) {
  Plan plan = PlanOf({}, 224);
  size_t total = 0;
  for (const size_t bytes : AssignSlots(plan)) total += bytes;
  EXPECT_LT(total,
            14u << 20);  // four of 3.2 MB (56 x 56 x 256 floats) and the small ones that are kept
}

TEST(Plan, StagesEndWhereTheirLastBlockDoes) {
  const Plan plan = PlanOf({.depth = 18, .classes = 10}, 32);
  std::vector<std::string> ends;
  for (const PlanStep& step : plan.steps) {
    if (!step.stage.empty()) ends.push_back(step.stage + "=" + step.name);
  }
  EXPECT_EQ(ends, (std::vector<std::string>{"layer1=layer1.1.add", "layer2=layer2.1.add",
                                            "layer3=layer3.1.add", "layer4=layer4.1.add"}));
}

}  // namespace
}  // namespace resnet
