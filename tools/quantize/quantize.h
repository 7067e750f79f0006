// From a float model and what was seen of its activations to an 8-bit model.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_QUANTIZE_H_
#define RESNET_TOOLS_QUANTIZE_QUANTIZE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/network.h"
#include "quantize/histogram.h"
#include "quantize/ranges.h"

namespace resnet {

struct QuantizeOptions {
  int activation_bits = 7;                 ///< 7 or 8
  std::optional<RangeMethod> ranges = {};  ///< none: BestRangeMethod
  std::set<std::string> keep_float = {};   ///< layers that stay as they are: "conv1", "fc"
  std::set<std::string> keep_8_bit = {};   ///< in a 7-bit model: activations with 8 bits

  RangeMethod range_method() const { return ranges.value_or(BestRangeMethod(activation_bits)); }
};

/// What was seen while the float network ran over the calibration pictures.
class Calibration {
 public:
  explicit Calibration(const NetworkSpec& network);

  /// A tap for the float network; `this` must outlive its runs.
  Tap MakeTap();
  const Histogram& histogram(const std::string& activation) const;
  /// The mean of every channel of a layer's input, [in_channels]; empty for the first layer.
  std::vector<float> InputMeans(const std::string& layer) const;

 private:
  struct Seen {
    Histogram histogram;
    std::vector<double> channel_sums;
    uint64_t positions = 0;
  };
  void Add(const Activation& activation);

  std::map<std::string, Seen, std::less<>> seen_;
  std::map<std::string, std::string> input_of_;  ///< layer to the activation that it reads
};

/// The 8-bit model; `model` is valid and of floats. Errors: kBadArgument for a layer in `keep_*`
/// that the network does not have; kOutOfMemory.
Result<Model> QuantizeModel(const Model& model, const Calibration& calibration,
                            const QuantizeOptions& options);

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_QUANTIZE_H_
