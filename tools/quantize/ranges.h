// Ranges: which part of an activation's values its bytes can hold.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_RANGES_H_
#define RESNET_TOOLS_QUANTIZE_RANGES_H_

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/quantization.h"
#include "quantize/histogram.h"
#include "quantize/noise.h"

namespace resnet {

enum class RangeMethod {
  kMinMax,      ///< every value that was seen
  kPercentile,  ///< all but the outermost 1 in 100,000
  kMse,         ///< what makes the mean squared error least
  kEntropy,  ///< what loses the least information (Kullback-Leibler divergence, as TensorRT does)
};
std::string_view RangeMethodName(RangeMethod method);  ///< "minmax", "percentile", "mse", "entropy"
/// Errors: kBadArgument with the list of names.
Result<RangeMethod> RangeMethodFromName(std::string_view name);

/// By measurement: docs/quantization.md.
RangeMethod BestRangeMethod(int activation_bits);

/// `bits` of an activation after a ReLU: 8 or 7. One that may be negative always has 8.
Quantization ChooseQuantization(const Histogram& histogram, bool relu, int bits,
                                RangeMethod method);

/// What the values lose when they become bytes.
Noise RoundingNoise(const Histogram& histogram, const Quantization& quantization);

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_RANGES_H_
