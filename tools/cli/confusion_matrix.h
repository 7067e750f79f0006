// The confusion matrix as a table: what `evaluate --confusion FILE.csv` writes.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_CONFUSION_MATRIX_H_
#define RESNET_TOOLS_CLI_CONFUSION_MATRIX_H_

#include <span>
#include <string>
#include <vector>

#include "cli/evaluation.h"

namespace resnet::cli {

/// More classes than this make no table and no picture of use: 25 million cells.
inline constexpr int kMaxConfusionClasses = 5000;

/// The classes that occur, as truth or as an answer, in order.
std::vector<int> OccurringClasses(const Evaluation& evaluation);

/// Up to `limit` classes of the most frequent confusions, in order of class.
std::vector<int> MostConfusedClasses(const Evaluation& evaluation, size_t limit);

/// A row per true class, a column per answer, both for the classes that occur; the first row and
/// the first column hold `names` (UniqueClassNames).
std::string ConfusionCsv(const Evaluation& evaluation, std::span<const std::string> names);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_CONFUSION_MATRIX_H_
