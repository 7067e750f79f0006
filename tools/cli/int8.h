// The 8-bit part of `convert`: options, calibration over a folder of pictures, and what it cost.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_INT8_H_
#define RESNET_TOOLS_CLI_INT8_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "model/model.h"
#include "quantize/comparison.h"
#include "quantize/quantize.h"

namespace resnet::cli {

struct Int8Options {
  std::string pictures;  ///< folder for calibration
  int activation_bits = 7;
  std::string ranges = std::string(RangeMethodName(QuantizeOptions{}.ranges));
  std::vector<std::string> keep;  ///< "LAYER=f32", "ACTIVATION=8"

  void AddTo(CLI::App& command);
};

/// What came out, and how it compares with the float model on pictures that were held out.
struct Int8Conversion {
  Model model;
  Comparison comparison;
  size_t calibrated = 0, unreadable = 0;  ///< pictures
};

/// One picture in five is held out for the comparison. Shows progress, warns of unreadable files.
/// Errors: kBadArgument (options, fewer than 16 pictures), kIo, kCancelled, those of the network.
Result<Int8Conversion> ConvertToInt8(const Model& model, const Int8Options& options);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_INT8_H_
