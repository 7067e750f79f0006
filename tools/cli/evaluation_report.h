// What `evaluate` has found, for people and as JSON.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_EVALUATION_REPORT_H_
#define RESNET_TOOLS_CLI_EVALUATION_REPORT_H_

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/agreement.h"
#include "cli/evaluation.h"

namespace resnet::cli {

struct UnreadablePicture {
  std::string path;
  Error error;
};

/// The findings about one network.
struct EvaluatedNetwork {
  std::string file;
  Evaluation evaluation;
};

struct EvaluationReport {
  EvaluatedNetwork first;
  std::vector<EvaluatedNetwork> second = {};  ///< one with --against, none without
  Agreement agreement = {};                   ///< of no meaning without
  std::vector<UnreadablePicture> unreadable = {};
  const ModelInfo* info = nullptr;            ///< the first network's
  std::vector<std::string> class_names = {};  ///< UniqueClassNames of `info`
  bool complete = true;                       ///< false: interrupted
};

/// A small table, the worst classes, the most frequent confusions.
std::string ReportText(const EvaluationReport& report);

/// docs/evaluating.md says what the keys mean.
std::string ReportJson(const EvaluationReport& report);

/// "60 pictures", "1 picture", "60 pictures (interrupted)".
std::string PicturesText(const EvaluationReport& report);

/// "76.43 %"
std::string AccuracyText(double fraction);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_EVALUATION_REPORT_H_
