// See noise.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/noise.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace resnet {

void Noise::Add(double exact, double found, double times) {
  signal += times * exact * exact;
  noise += times * (found - exact) * (found - exact);
}

void Noise::Add(std::span<const float> exact, std::span<const float> found) {
  assert(exact.size() == found.size());
  for (size_t i = 0; i < exact.size(); ++i) Add(exact[i], found[i]);
}

double Noise::decibels() const {
  if (noise <= 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

}  // namespace resnet
