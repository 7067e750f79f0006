// See confusion_matrix.h.
//
// SPDX-License-Identifier: MIT
#include "cli/confusion_matrix.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "cli/csv.h"

namespace resnet::cli {

std::vector<int> OccurringClasses(const Evaluation& evaluation) {
  std::vector<int> classes;
  for (int i = 0; i < evaluation.classes(); ++i) {
    const ClassCounts& counts = evaluation.of(i);
    if (counts.images > 0 || counts.predicted > 0) classes.push_back(i);
  }
  return classes;
}

std::vector<int> MostConfusedClasses(const Evaluation& evaluation, size_t limit) {
  std::set<int> classes;
  for (const Confusion& confusion : MostFrequentConfusions(evaluation, evaluation.cells().size())) {
    std::set<int> with = classes;
    with.insert({confusion.truth, confusion.predicted});
    if (with.size() > limit) break;
    classes = std::move(with);
  }
  return {classes.begin(), classes.end()};
}

std::string ConfusionCsv(const Evaluation& evaluation, std::span<const std::string> names) {
  const std::vector<int> classes = OccurringClasses(evaluation);
  std::vector<size_t> column_of(names.size());
  std::string text = "true class";
  for (size_t column = 0; column < classes.size(); ++column) {
    const auto index = static_cast<size_t>(classes[column]);
    column_of[index] = column;
    text += "," + CsvField(names[index]);
  }
  text += "\n";
  auto cell = evaluation.cells().begin();
  for (const int truth : classes) {
    std::vector<uint64_t> row(classes.size());
    for (; cell != evaluation.cells().end() && cell->first.first == truth; ++cell)
      row[column_of[static_cast<size_t>(cell->first.second)]] = cell->second;
    text += CsvField(names[static_cast<size_t>(truth)]);
    for (const uint64_t count : row) text += StrCat(",", count);
    text += "\n";
  }
  return text;
}

}  // namespace resnet::cli
