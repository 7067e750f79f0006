// Evaluation: how often a network is right on labelled pictures, and what it takes for what.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_EVALUATION_H_
#define RESNET_TOOLS_CLI_EVALUATION_H_

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "classify/classifier.h"

namespace resnet::cli {

/// What was counted for one class.
struct ClassCounts {
  uint64_t images = 0;     ///< pictures of this class
  uint64_t top1 = 0;       ///< of these, those with this class as the best answer
  uint64_t top5 = 0;       ///< of these, those with this class among the first five
  uint64_t predicted = 0;  ///< pictures of any class with this one as the best answer
};

/// A cell of the confusion matrix.
struct Confusion {
  int truth, predicted;
  uint64_t count;
};

/// Sums over the pictures seen so far.
class Evaluation {
 public:
  explicit Evaluation(int classes) : counts_(static_cast<size_t>(classes)) {}

  /// `logits` of one picture and its true class. A picture counts as right among the first n when
  /// fewer than n classes have a larger logit (equal ones in order of class, as everywhere).
  void Add(std::span<const float> logits, int label, const Timing& timing);

  int classes() const { return static_cast<int>(counts_.size()); }
  uint64_t images() const { return total_.images; }
  double top1() const { return Fraction(total_.top1, total_.images); }
  double top5() const { return Fraction(total_.top5, total_.images); }
  Timing mean_timing() const;
  const ClassCounts& of(int index) const { return counts_[static_cast<size_t>(index)]; }
  /// The cells that are not zero, {true class, predicted class} to the number of pictures.
  const std::map<std::pair<int, int>, uint64_t>& cells() const { return cells_; }

  /// 0 of 0 is 0.
  static double Fraction(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }

 private:
  ClassCounts total_;
  std::vector<ClassCounts> counts_;
  std::map<std::pair<int, int>, uint64_t> cells_;
  Timing sum_;
};

/// The class with the largest logit, the first of equal ones.
int BestClass(std::span<const float> logits);

/// The cells off the diagonal with the most pictures, the most first; equal ones in order of class.
std::vector<Confusion> MostFrequentConfusions(const Evaluation& evaluation, size_t limit);

/// The classes with the smallest part of their pictures right, the worst first; of equal ones that
/// with more pictures, then in order of class. Classes without a mistake are left out.
std::vector<int> WorstClasses(const Evaluation& evaluation, size_t limit);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_EVALUATION_H_
