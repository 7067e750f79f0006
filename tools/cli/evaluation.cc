// See evaluation.h.
//
// SPDX-License-Identifier: MIT
#include "cli/evaluation.h"

#include <algorithm>
#include <tuple>

namespace resnet::cli {

void Evaluation::Add(std::span<const float> logits, int label, const Timing& timing) {
  const auto truth = static_cast<size_t>(label);
  int better = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] > logits[truth] || (logits[i] == logits[truth] && i < truth)) ++better;
  }
  for (ClassCounts* counts : {&total_, &counts_[truth]}) {
    ++counts->images;
    counts->top1 += better < 1;
    counts->top5 += better < 5;
  }
  const int predicted = BestClass(logits);
  ++counts_[static_cast<size_t>(predicted)].predicted;
  ++cells_[{label, predicted}];
  sum_.decode += timing.decode;
  sum_.preprocess += timing.preprocess;
  sum_.inference += timing.inference;
  sum_.total += timing.total;
}

Timing Evaluation::mean_timing() const {
  const double images = std::max(1.0, static_cast<double>(total_.images));
  return {sum_.decode / images, sum_.preprocess / images, sum_.inference / images,
          sum_.total / images};
}

int BestClass(std::span<const float> logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::vector<Confusion> MostFrequentConfusions(const Evaluation& evaluation, size_t limit) {
  std::vector<Confusion> confusions;
  for (const auto& [classes, count] : evaluation.cells()) {
    if (classes.first != classes.second)
      confusions.push_back({classes.first, classes.second, count});
  }
  std::sort(confusions.begin(), confusions.end(), [](const Confusion& a, const Confusion& b) {
    return std::tuple(b.count, a.truth, a.predicted) < std::tuple(a.count, b.truth, b.predicted);
  });
  confusions.resize(std::min(limit, confusions.size()));
  return confusions;
}

std::vector<int> WorstClasses(const Evaluation& evaluation, size_t limit) {
  std::vector<int> worst;
  for (int i = 0; i < evaluation.classes(); ++i) {
    if (evaluation.of(i).top1 < evaluation.of(i).images) worst.push_back(i);
  }
  std::sort(worst.begin(), worst.end(), [&](int a, int b) {
    const ClassCounts &first = evaluation.of(a), &second = evaluation.of(b);
    const double x = Evaluation::Fraction(first.top1, first.images),
                 y = Evaluation::Fraction(second.top1, second.images);
    return std::tuple(x, second.images, a) < std::tuple(y, first.images, b);
  });
  worst.resize(std::min(limit, worst.size()));
  return worst;
}

}  // namespace resnet::cli
