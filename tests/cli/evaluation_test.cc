// Counting right answers and mistakes, and comparing two networks' answers.
//
// SPDX-License-Identifier: MIT
#include "cli/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cli/agreement.h"

namespace resnet::cli {
namespace {

std::vector<float> Answer(int best, int classes = 10) {
  std::vector<float> logits(static_cast<size_t>(classes));
  logits[static_cast<size_t>(best)] = 1;
  return logits;
}

TEST(Evaluation, CountsByRank) {
  Evaluation evaluation(8);
  const std::vector<float> logits = {8, 7, 6, 5, 4, 3, 2, 1};
  for (int label = 0; label < 8; ++label) evaluation.Add(logits, label, {1, 2, 3, 6});
  EXPECT_EQ(evaluation.images(), 8u);
  EXPECT_DOUBLE_EQ(evaluation.top1(), 1.0 / 8);
  EXPECT_DOUBLE_EQ(evaluation.top5(), 5.0 / 8);
  EXPECT_DOUBLE_EQ(evaluation.mean_timing().preprocess, 2);
  EXPECT_DOUBLE_EQ(evaluation.mean_timing().total, 6);
  EXPECT_EQ(evaluation.of(0).predicted, 8u);
  EXPECT_EQ(evaluation.of(0).top1, 1u);
  EXPECT_EQ(evaluation.of(4).top5, 1u);
  EXPECT_EQ(evaluation.of(5).top5, 0u);
}

TEST(Evaluation, OfEqualLogitsTheFirstClassWins) {
  Evaluation evaluation(6);
  const std::vector<float> equal(6, 0.5f);
  evaluation.Add(equal, 0, {});
  evaluation.Add(equal, 1, {});
  evaluation.Add(equal, 5, {});
  EXPECT_EQ(evaluation.of(0).top1, 1u);
  EXPECT_EQ(evaluation.of(1).top1, 0u);
  EXPECT_EQ(evaluation.of(1).top5, 1u);
  EXPECT_EQ(evaluation.of(5).top5, 0u);
}

TEST(Evaluation, WithoutPicturesEverythingIsZero) {
  const Evaluation evaluation(3);
  EXPECT_EQ(evaluation.top1(), 0);
  EXPECT_EQ(evaluation.mean_timing().total, 0);
  EXPECT_TRUE(MostFrequentConfusions(evaluation, 5).empty());
  EXPECT_TRUE(WorstClasses(evaluation, 5).empty());
}

TEST(Evaluation, ConfusionsAndWorstClassesInOrder) {
  Evaluation evaluation(10);
  const auto add = [&](int truth, int predicted, int times) {
    for (int i = 0; i < times; ++i) evaluation.Add(Answer(predicted), truth, {});
  };
  add(1, 1, 9), add(1, 2, 1);                // 90 %
  add(2, 2, 1), add(2, 1, 1);                // 50 % of two
  add(3, 3, 5), add(3, 4, 3), add(3, 5, 2);  // 50 % of ten
  add(4, 4, 7);
  const auto confusions = MostFrequentConfusions(evaluation, 3);
  ASSERT_EQ(confusions.size(), 3u);
  EXPECT_EQ(confusions[0].truth, 3);
  EXPECT_EQ(confusions[0].predicted, 4);
  EXPECT_EQ(confusions[0].count, 3u);
  EXPECT_EQ(confusions[1].predicted, 5);
  EXPECT_EQ(confusions[2].truth, 1);
  EXPECT_EQ(WorstClasses(evaluation, 9), (std::vector<int>{3, 2, 1}));
  EXPECT_EQ(WorstClasses(evaluation, 1), (std::vector<int>{3}));
}

TEST(KlDivergence, KnownValues) {
  const std::vector<float> even = {7, 7}, uneven = {0, std::log(3.0f)};  // 1/2, 1/2; 1/4, 3/4
  const double from_uneven = 0.25 * std::log(0.5) + 0.75 * std::log(1.5),
               from_even = 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3);
  // A float's rounding of log 3.
  EXPECT_NEAR(KlDivergence(uneven, even), from_uneven, 1e-7);
  EXPECT_NEAR(KlDivergence(even, uneven), from_even, 1e-7);
  EXPECT_EQ(KlDivergence(even, even), 0);
  // A constant on all logits changes no softmax.
  EXPECT_NEAR(KlDivergence(even, std::vector<float>{-90, -90}), 0, 1e-12);
}

TEST(KlDivergence, FarApartLogitsStayFinite) {
  const std::vector<float> one = {1000, -1000, 0}, other = {-1000, 1000, 0};
  EXPECT_DOUBLE_EQ(KlDivergence(one, other), 2000);
}

TEST(McNemar, KnownValues) {
  // From Python's fractions: min(1, 2 * sum(comb(n, k) for k <= min(a, b)) / 2**n).
  const struct {
    uint64_t a, b;
    double p;
  } cases[] = {{0, 0, 1},
               {0, 1, 1},
               {0, 5, 0.0625},
               {5, 0, 0.0625},
               {1, 9, 0.021484375},
               {5, 5, 1},
               {10, 25, 0.01667384780012071},
               {59, 121, 4.434449263755176e-06},
               {4800, 5200, 6.593515598672442e-05},
               {0, 2000, 0}};
  for (const auto& c : cases) {
    // lgamma of ten thousand is 8e4, so that its rounding is a relative 1e-11 of the result.
    EXPECT_NEAR(McNemarExact(c.a, c.b), c.p, 1e-10 * c.p) << c.a << ", " << c.b;
  }
}

TEST(Agreement, CountsWhoIsRight) {
  Agreement agreement;
  agreement.Add(Answer(1), Answer(1), 1);
  agreement.Add(Answer(1), Answer(2), 1);
  agreement.Add(Answer(1), Answer(2), 2);
  agreement.Add(Answer(3), Answer(4), 2);
  agreement.Add(Answer(1), Answer(2), 1);
  EXPECT_EQ(agreement.images(), 5u);
  EXPECT_DOUBLE_EQ(agreement.agreement(), 0.2);
  EXPECT_EQ(agreement.only_first_right(), 2u);
  EXPECT_EQ(agreement.only_second_right(), 1u);
  EXPECT_DOUBLE_EQ(agreement.mcnemar_p(), 1);
  EXPECT_GT(agreement.kl(), 0);
}

}  // namespace
}  // namespace resnet::cli
