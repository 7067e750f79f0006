// See comparison.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/comparison.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <vector>

namespace resnet {
namespace {

/// The classes with the largest logits, best first; equal ones in order of class.
std::vector<size_t> Best(std::span<const float> logits, size_t count) {
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto middle = order.begin() + static_cast<int64_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), middle, order.end(), [&](size_t a, size_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  return {order.begin(), middle};
}

/// log(sum(exp(x))), computed so that large logits do no harm.
double LogSumExp(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x) - largest);
  return largest + std::log(sum);
}

}  // namespace

double KlDivergence(std::span<const float> p_logits, std::span<const float> q_logits) {
  if (p_logits.empty()) return 0;
  const double p_norm = LogSumExp(p_logits), q_norm = LogSumExp(q_logits);
  double sum = 0;
  for (size_t i = 0; i < p_logits.size(); ++i) {
    const double log_p = static_cast<double>(p_logits[i]) - p_norm,
                 log_q = static_cast<double>(q_logits[i]) - q_norm;
    sum += std::exp(log_p) * (log_p - log_q);
  }
  return std::max(0.0, sum);  // rounding
}

void Comparison::Add(std::span<const float> reference, std::span<const float> found) {
  assert(reference.size() == found.size() && !found.empty());
  ++pictures_;
  const std::vector<size_t> expected = Best(reference, 5), answered = Best(found, 5);
  if (expected[0] == answered[0]) agreed_ += 1;
  double common = 0;
  for (const size_t index : answered)
    common += static_cast<double>(std::count(expected.begin(), expected.end(), index));
  overlap_ += common / static_cast<double>(expected.size());
  divergence_ += KlDivergence(reference, found);
}

}  // namespace resnet
