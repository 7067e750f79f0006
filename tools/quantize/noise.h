// Noise: how much of a signal rounding has taken.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_NOISE_H_
#define RESNET_TOOLS_QUANTIZE_NOISE_H_

#include <span>

namespace resnet {

/// Sums of squares over values: of what they are, and of what was made of them less that.
struct Noise {
  double signal = 0, noise = 0;

  void Add(double exact, double found, double times = 1);
  void Add(std::span<const float> exact, std::span<const float> found);
  /// The signal-to-quantisation-noise ratio, 10 log10(signal / noise); infinite where nothing was
  /// lost.
  double decibels() const;
};

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_NOISE_H_
