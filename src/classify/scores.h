// Scores: from logits to the labels that are shown.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_CLASSIFY_SCORES_H_
#define RESNET_CLASSIFY_SCORES_H_

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace resnet {

struct Prediction {
  int index;          ///< class, from 0
  std::string label;  ///< the model's, or "class 17" where it has none
  float score;        ///< softmax, 0..1

  bool operator==(const Prediction&) const = default;
};

/// exp(x) / sum(exp(x)), computed so that large logits do no harm.
std::vector<float> Softmax(std::span<const float> logits);

/// The label of a class, or "class 17" where the model has no labels.
std::string LabelOf(const ModelInfo& info, int index);

/// The classes that `name` means: those with that label or label id (letter case of ASCII ignored;
/// two ImageNet classes are called "crane"), else the one with that number. Errors: kBadArgument
/// where there is none.
Result<std::vector<int>> FindClasses(const ModelInfo& info, std::string_view name);

/// Which classes may be shown.
class ClassFilter {
 public:
  /// `allow` empty: all of them, less those in `deny`. Errors: kBadArgument for a name that means
  /// no class, or where both lists are given.
  static Result<ClassFilter> Create(const ModelInfo& info, std::span<const std::string> allow,
                                    std::span<const std::string> deny);
  bool Allows(int index) const { return shown_.empty() || shown_[static_cast<size_t>(index)]; }

 private:
  std::vector<bool> shown_;  // empty: all
};

/// The best `max_results` (0: all) of the allowed classes with at least `threshold`, best first;
/// equal scores in order of class.
std::vector<Prediction> TopPredictions(std::span<const float> scores, const ModelInfo& info,
                                       const ClassFilter& filter, int max_results, float threshold);

}  // namespace resnet

#endif  // RESNET_CLASSIFY_SCORES_H_
