// See ranges.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/ranges.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

constexpr std::array kMethods = {
    std::pair{RangeMethod::kMinMax, std::string_view("minmax")},
    std::pair{RangeMethod::kPercentile, std::string_view("percentile")},
    std::pair{RangeMethod::kMse, std::string_view("mse")},
    std::pair{RangeMethod::kEntropy, std::string_view("entropy")},
};

/// From `low`, at most 0, to `high`, above 0.
struct Range {
  double low, high;
};

Quantization QuantizationOf(Range range, bool relu, int bits) {
  Quantization result;
  const int lowest = relu && bits == 7 ? 0 : -128;
  const double steps = 127 - lowest;
  const double least = std::numeric_limits<float>::min();
  result.scale = static_cast<float>(std::max((range.high - range.low) / steps, least * 1024));
  const double zero = std::round(lowest - range.low / static_cast<double>(result.scale));
  result.zero_point = static_cast<int8_t>(std::clamp(zero, -128.0, 126.0));
  result.min = relu ? result.zero_point : int8_t{-128};
  result.max = 127;
  return result;
}

Range Full(const Histogram& histogram, bool relu) {
  return {relu ? 0.0 : histogram.min(), std::max<double>(histogram.max(), 1e-6)};
}

Range Percentile(const Histogram& histogram, bool relu) {
  constexpr double kLeftOut = 1e-5;
  const auto allowed = static_cast<uint64_t>(kLeftOut * static_cast<double>(histogram.count()));
  const auto& counts = histogram.counts();
  const auto edge = [&](size_t from, int step) {
    uint64_t outside = 0;
    size_t bin = from;
    while ((outside += counts[bin]) <= allowed && bin != Histogram::kBins / 2)
      bin = static_cast<size_t>(static_cast<int64_t>(bin) + step);
    return histogram.centre(bin);
  };
  Range range = Full(histogram, relu);
  range.high = std::clamp(edge(Histogram::kBins - 1, -1), 1e-6, range.high);
  if (!relu) range.low = std::clamp(edge(0, 1), range.low, 0.0);
  return range;
}

/// Kullback-Leibler divergence of the values inside `range`, merged into `levels` steps, from all
/// of them with the outliers moved to the edges (Migacz, "8-bit inference with TensorRT", 2017).
double Divergence(const Histogram& histogram, Range range, int levels) {
  const double width = histogram.bin_width();
  const auto bin_of = [&](double value) {
    const double bin = std::floor((value - histogram.centre(0)) / width + 0.5);
    return static_cast<size_t>(std::clamp<double>(bin, 0, Histogram::kBins - 1));
  };
  const size_t first = bin_of(range.low), last = bin_of(range.high);
  const auto& counts = histogram.counts();
  std::vector<double> kept(counts.begin() + static_cast<int64_t>(first),
                           counts.begin() + static_cast<int64_t>(last) + 1);
  std::vector<double> inside = kept;
  kept.front() += static_cast<double>(
      std::accumulate(counts.begin(), counts.begin() + static_cast<int64_t>(first), uint64_t{0}));
  kept.back() += static_cast<double>(
      std::accumulate(counts.begin() + static_cast<int64_t>(last) + 1, counts.end(), uint64_t{0}));
  const double total = std::accumulate(kept.begin(), kept.end(), 0.0);
  const double total_inside = std::accumulate(inside.begin(), inside.end(), 0.0);
  double divergence = 0;
  for (int level = 0; level < levels; ++level) {
    const size_t begin = inside.size() * static_cast<size_t>(level) / static_cast<size_t>(levels);
    const size_t end = inside.size() * static_cast<size_t>(level + 1) / static_cast<size_t>(levels);
    double mass = 0;
    int used = 0;
    for (size_t i = begin; i < end; ++i) {
      mass += inside[i];
      if (kept[i] > 0) ++used;
    }
    for (size_t i = begin; i < end; ++i) {
      if (kept[i] <= 0) continue;
      const double p = kept[i] / total;
      const double q = std::max(mass / used / total_inside, 1e-12);
      divergence += p * std::log(p / q);
    }
  }
  return divergence;
}

/// The part of the full range for which `cost` is least.
template <typename Cost>
Range Best(const Histogram& histogram, bool relu, Cost cost) {
  constexpr int kSteps = 160, kLeast = 16;  // from a tenth of the range on
  const Range full = Full(histogram, relu);
  Range best = full;
  double least = std::numeric_limits<double>::infinity();
  for (int step = kLeast; step <= kSteps; ++step) {
    const double part = static_cast<double>(step) / kSteps;
    const Range range{full.low * part, full.high * part};
    const double here = cost(range);
    if (here <= least) {  // of equals the widest
      least = here;
      best = range;
    }
  }
  return best;
}

}  // namespace

std::string_view RangeMethodName(RangeMethod method) {
  return kMethods[static_cast<size_t>(method)].second;
}

RangeMethod BestRangeMethod(int activation_bits) {
  return activation_bits == 7 ? RangeMethod::kPercentile : RangeMethod::kMse;
}

Result<RangeMethod> RangeMethodFromName(std::string_view name) {
  for (const auto& [method, known] : kMethods) {
    if (known == name) return method;
  }
  return Error{ErrorCode::kBadArgument, StrCat("unknown way to choose ranges \"", Printable(name),
                                               "\", known are minmax, percentile, mse, entropy")};
}

Quantization ChooseQuantization(const Histogram& histogram, bool relu, int bits,
                                RangeMethod method) {
  const int levels = relu && bits == 7 ? 128 : 256;
  Range range = Full(histogram, relu);
  switch (method) {
    case RangeMethod::kMinMax:
      break;
    case RangeMethod::kPercentile:
      range = Percentile(histogram, relu);
      break;
    case RangeMethod::kMse:
      range = Best(histogram, relu, [&](Range part) {
        return RoundingNoise(histogram, QuantizationOf(part, relu, bits)).noise;
      });
      break;
    case RangeMethod::kEntropy:
      range =
          Best(histogram, relu, [&](Range part) { return Divergence(histogram, part, levels); });
      break;
  }
  return QuantizationOf(range, relu, bits);
}

Noise RoundingNoise(const Histogram& histogram, const Quantization& quantization) {
  const double scale = quantization.scale, zero = quantization.zero_point;
  Noise sum;
  for (size_t bin = 0; bin < Histogram::kBins; ++bin) {
    if (histogram.counts()[bin] == 0) continue;
    const double value = histogram.centre(bin);
    const double byte = std::clamp<double>(std::nearbyint(value / scale) + zero, quantization.min,
                                           quantization.max);
    sum.Add(value, (byte - zero) * scale, static_cast<double>(histogram.counts()[bin]));
  }
  return sum;
}

}  // namespace resnet
