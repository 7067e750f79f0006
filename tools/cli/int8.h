// The 8-bit part of `convert`: options, calibration over a folder of pictures, and what it cost.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_INT8_H_
#define RESNET_TOOLS_CLI_INT8_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "quantize/report.h"

namespace resnet::cli {

struct Int8Options {
  std::string pictures;  ///< folder for calibration
  int activation_bits = 7;
  std::string ranges = "best";       ///< or a RangeMethodName
  std::vector<std::string> keep;     ///< "LAYER=f32", "ACTIVATION=8"
  std::vector<std::string> reports;  ///< files to write: .html, .json

  void AddTo(CLI::App& command);
  /// Errors: kBadArgument for a report that would be neither HTML nor JSON.
  Status CheckReportNames() const;
};

/// What came out, and how its like, which had not seen a fifth of the pictures, compares with the
/// float model on those.
struct Int8Conversion {
  Model model;
  Comparison comparison;
  size_t calibrated = 0, unreadable = 0;     ///< pictures
  std::optional<QuantizationReport> report;  ///< if asked for; names and sizes of files: empty
};

/// One picture in five is held out for the comparison, and joins the calibration afterwards. Shows
/// progress, warns of unreadable files. Errors: kBadArgument (options, fewer than 16 pictures),
/// kIo, kCancelled, those of the network.
Result<Int8Conversion> ConvertToInt8(const Model& model, const Int8Options& options);

/// Each in the format that its name asks for. Errors: kIo.
Status WriteReports(const QuantizationReport& report, const std::vector<std::string>& files);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_INT8_H_
