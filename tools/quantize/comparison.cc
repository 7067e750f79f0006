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

/// Logarithms of the softmax.
std::vector<double> LogSoftmax(std::span<const float> logits) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - most - std::log(sum));
  return result;
}

}  // namespace

void Comparison::Add(std::span<const float> reference, std::span<const float> found) {
  assert(reference.size() == found.size() && !found.empty());
  ++pictures_;
  const std::vector<size_t> expected = Best(reference, 5), answered = Best(found, 5);
  if (expected[0] == answered[0]) agreed_ += 1;
  double common = 0;
  for (const size_t index : answered)
    common += static_cast<double>(std::count(expected.begin(), expected.end(), index));
  overlap_ += common / static_cast<double>(expected.size());
  const std::vector<double> p = LogSoftmax(reference), q = LogSoftmax(found);
  for (size_t i = 0; i < p.size(); ++i) divergence_ += std::exp(p[i]) * (p[i] - q[i]);
}

}  // namespace resnet
