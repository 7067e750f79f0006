// The report about an 8-bit model: what it costs, where, and what would help. docs/quantization.md
// says what the numbers mean.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_REPORT_H_
#define RESNET_TOOLS_QUANTIZE_REPORT_H_

#include <string>
#include <vector>

#include "quantize/sensitivity.h"

namespace resnet {

/// Pictures beyond these make a report no better: each costs one run for every alternative.
inline constexpr size_t kMostReportPictures = 100;

/// The same inputs give the same report, but for the times.
struct QuantizationReport {
  // What was asked for.
  std::string input_file, output_file;
  std::string folder;  ///< of the pictures
  std::string name;    ///< the model's; may be empty
  NetworkSpec network;
  QuantizeOptions options;

  // Over all pictures that were held out.
  size_t calibrated = 0, unreadable = 0;
  Comparison comparison;

  // Over some of them.
  size_t traced = 0;    ///< pictures behind ActivationNoise::accumulated
  size_t screened = 0;  ///< pictures behind LayerNoise::relief
  std::vector<ActivationNoise> activations;
  std::vector<LayerNoise> layers;
  std::vector<std::string> hurting;  ///< names of layers, worst first
  Measured exact, converted;
  std::vector<Alternative> alternatives;
  uint64_t output_bytes = 0;  ///< of the file

  /// The size of a file like the written one that holds the tensors of `other`.
  uint64_t FileBytes(const Measured& other) const {
    return output_bytes + other.tensor_bytes - converted.tensor_bytes;
  }
};

/// Fills `traced` to `alternatives`. `exact`: the float network of `model`; `options` and
/// `quantized` belong together. Errors: kCancelled, kOutOfMemory, those of the networks.
Status MeasureQuantization(const Model& model, Network& exact, const Model& quantized,
                           const Calibration& calibration, std::span<const HeldOutPicture> pictures,
                           const Watch& watch, QuantizationReport& report);

/// Between which fractions the true one lies with 95 % confidence, when `fraction` of `count` was
/// found (Wilson's interval).
struct Interval {
  double low, high;
};
Interval ConfidenceInterval(double fraction, uint64_t count);

std::string ReportJson(const QuantizationReport& report);

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_REPORT_H_
