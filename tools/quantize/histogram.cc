// See histogram.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/histogram.h"

#include <algorithm>
#include <cmath>

namespace resnet {

void Histogram::Add(std::span<const float> values) {
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }
  while (-min_ >= limit_ || max_ >= limit_) Widen();
  const double per_bin = 1.0 / bin_width();
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    ++counts_[static_cast<size_t>((static_cast<double>(value) + limit_) * per_bin)];
    ++count_;
  }
}

/// Doubles the range; two bins become one. The middle stays where it is.
void Histogram::Widen() {
  std::vector<uint64_t> wider(kBins, 0);
  for (size_t bin = 0; bin < kBins; ++bin) wider[kBins / 4 + bin / 2] += counts_[bin];
  counts_ = std::move(wider);
  limit_ *= 2;
}

}  // namespace resnet
