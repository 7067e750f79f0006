// Softmax, class names, filters and the choice of the best.
//
// SPDX-License-Identifier: MIT
#include "classify/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace resnet {
namespace {

ModelInfo FiveClasses() {
  ModelInfo info;
  info.network.classes = 5;
  info.labels = {"crane", "Labrador retriever", "cup", "crane", "17"};
  info.label_ids = {"n1", "n2", "n3", "n4", "n5"};
  return info;
}

std::vector<int> Indices(const std::vector<Prediction>& predictions) {
  std::vector<int> indices;
  for (const Prediction& prediction : predictions) indices.push_back(prediction.index);
  return indices;
}

TEST(Softmax, SumsToOneAndSurvivesLargeLogits) {
  const std::vector<float> scores = Softmax(std::vector<float>{1000.0f, 999.0f, -1000.0f});
  EXPECT_NEAR(scores[0], 1 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_EQ(scores[2], 0);
  EXPECT_NEAR(std::accumulate(scores.begin(), scores.end(), 0.0), 1, 1e-6);
  EXPECT_EQ(Softmax(std::vector<float>{-5.0f}), std::vector<float>{1.0f});
  EXPECT_TRUE(Softmax({}).empty());
}

TEST(FindClasses, ByLabelThenIdThenNumber) {
  const ModelInfo info = FiveClasses();
  EXPECT_EQ(*FindClasses(info, "labrador RETRIEVER"), std::vector<int>{1});
  EXPECT_EQ(*FindClasses(info, "crane"), (std::vector<int>{0, 3}));
  EXPECT_EQ(*FindClasses(info, "n3"), std::vector<int>{2});
  EXPECT_EQ(*FindClasses(info, "2"), std::vector<int>{2});
  EXPECT_EQ(*FindClasses(info, "17"), std::vector<int>{4});  // a label that looks like a number
  for (const char* wrong : {"5", "-1", "2 ", "", "dog", "99999999999999"}) {
    const auto found = FindClasses(info, wrong);
    ASSERT_FALSE(found.ok()) << wrong;
    EXPECT_EQ(found.error().code, ErrorCode::kBadArgument);
  }
}

TEST(TopPredictions, BestFirstEqualOnesInOrderOfClass) {
  const ModelInfo info = FiveClasses();
  const std::vector<float> scores = {0.1f, 0.3f, 0.3f, 0.2f, 0.1f};
  const ClassFilter all = ClassFilter::Create(info, {}, {}).value();
  EXPECT_EQ(Indices(TopPredictions(scores, info, all, 3, 0)), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(Indices(TopPredictions(scores, info, all, 0, 0)), (std::vector<int>{1, 2, 3, 0, 4}));
  EXPECT_EQ(Indices(TopPredictions(scores, info, all, 99, 0.2f)), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(TopPredictions(scores, info, all, 1, 0)[0],
            (Prediction{1, "Labrador retriever", 0.3f}));
  EXPECT_TRUE(TopPredictions(scores, info, all, 5, 0.5f).empty());
}

TEST(TopPredictions, WithoutLabelsClassesHaveNumbers) {
  ModelInfo info;
  info.network.classes = 2;
  const auto best = TopPredictions(std::vector<float>{0.2f, 0.8f}, info,
                                   ClassFilter::Create(info, {}, {}).value(), 1, 0);
  EXPECT_EQ(best[0].label, "class 1");
}

TEST(ClassFilter, AllowOrDeny) {
  const ModelInfo info = FiveClasses();
  const std::vector<float> scores = {0.1f, 0.3f, 0.3f, 0.2f, 0.1f};
  const std::vector<std::string> names = {"crane", "2"}, unknown = {"unicorn"};
  EXPECT_EQ(Indices(TopPredictions(scores, info, *ClassFilter::Create(info, names, {}), 0, 0)),
            (std::vector<int>{2, 3, 0}));
  EXPECT_EQ(Indices(TopPredictions(scores, info, *ClassFilter::Create(info, {}, names), 0, 0)),
            (std::vector<int>{1, 4}));
  EXPECT_EQ(ClassFilter::Create(info, names, names).error().code, ErrorCode::kBadArgument);
  EXPECT_NE(ClassFilter::Create(info, unknown, {}).error().message.find("unicorn"),
            std::string::npos);
}

}  // namespace
}  // namespace resnet
