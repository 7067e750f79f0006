// See half.h.
//
// SPDX-License-Identifier: MIT
#include "import/half.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace resnet {
namespace {

/// The neighbour of `half` above or below it; across zero there is none.
uint16_t Neighbour(uint16_t half, bool above) {
  constexpr uint16_t kSign = 0x8000;
  const bool negative = (half & kSign) != 0;
  return static_cast<uint16_t>(above != negative ? half + 1 : half - 1);
}

/// A number that could go the other way: what that adds to the sum, and how much further off the
/// number then is for each unit of it.
struct Candidate {
  size_t index;
  uint16_t other;
  double change, cost;
};

std::vector<Candidate> Candidates(std::span<const float> row, std::span<const uint16_t> rounded,
                                  bool above) {
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < row.size(); ++i) {
    const double here = HalfToFloat(rounded[i]);
    if (here == 0) continue;
    const uint16_t other = Neighbour(rounded[i], above);
    const double there = HalfToFloat(other), exact = row[i];
    const bool between = (exact - here) * (there - exact) > 0;
    if (!between || !std::isfinite(there)) continue;
    const double squares = std::pow(there - exact, 2) - std::pow(here - exact, 2);
    candidates.push_back({i, other, there - here, squares / std::abs(there - here)});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.index < b.index;
  });
  return candidates;
}

void KeepSum(std::span<const float> row, std::span<uint16_t> rounded) {
  double error = 0;
  for (size_t i = 0; i < row.size(); ++i) error += HalfToFloat(rounded[i]) - double{row[i]};
  if (error == 0) return;
  for (const Candidate& candidate : Candidates(row, rounded, /*above=*/error < 0)) {
    if (std::abs(error + candidate.change) >= std::abs(error)) continue;
    rounded[candidate.index] = candidate.other;
    error += candidate.change;
  }
}

}  // namespace

Result<Tensor> RoundToHalf(const Tensor& weight) {
  RESNET_ASSIGN_OR_RETURN(Tensor half, ToFloat16(weight));
  const auto row = static_cast<size_t>(weight.count() / static_cast<uint64_t>(weight.shape[0]));
  const std::span<const float> exact = weight.as<float>();
  const std::span<uint16_t> rounded = half.as<uint16_t>();
  for (size_t begin = 0; begin < exact.size(); begin += row)
    KeepSum(exact.subspan(begin, row), rounded.subspan(begin, row));
  return half;
}

}  // namespace resnet
