// Histogram: how an activation's values are spread.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_HISTOGRAM_H_
#define RESNET_TOOLS_QUANTIZE_HISTOGRAM_H_

#include <cstdint>
#include <span>
#include <vector>

namespace resnet {

/// Counts in equal bins around zero. The bins widen by doubling when a value falls outside, so that
/// one pass is enough and the result does not depend on how the values come in.
class Histogram {
 public:
  static constexpr size_t kBins = 1 << 14;

  /// NaN and infinities, which a network with absurd weights may give, are passed over.
  void Add(std::span<const float> values);

  float min() const { return min_; }
  float max() const { return max_; }
  uint64_t count() const { return count_; }
  double bin_width() const { return 2.0 * limit_ / kBins; }
  /// The value in the middle of a bin.
  double centre(size_t bin) const {
    return (static_cast<double>(bin) + 0.5) * bin_width() - limit_;
  }
  const std::vector<uint64_t>& counts() const { return counts_; }

 private:
  void Widen();

  std::vector<uint64_t> counts_ = std::vector<uint64_t>(kBins, 0);
  double limit_ = 0x1p-20;  // a power of two, so that two bins always become one
  float min_ = 0, max_ = 0;
  uint64_t count_ = 0;
};

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_HISTOGRAM_H_
