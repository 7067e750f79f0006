// Evaluation: how often the network is right on labelled pictures.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_EVALUATION_H_
#define RESNET_TOOLS_CLI_EVALUATION_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace resnet::cli {

struct UnreadablePicture {
  std::string path;
  Error error;
};

/// Sums over the pictures seen so far.
class Evaluation {
 public:
  /// `logits` of one picture and its true class. A picture counts as right among the first n when
  /// fewer than n classes have a larger logit (equal ones in order of class, as everywhere).
  void Add(std::span<const float> logits, int label, double ms);
  void AddUnreadable(std::string path, Error error) {
    unreadable_.push_back({std::move(path), std::move(error)});
  }

  uint64_t images() const { return images_; }
  double top1() const { return Fraction(top1_); }
  double top5() const { return Fraction(top5_); }
  double mean_ms() const { return images_ == 0 ? 0 : total_ms_ / static_cast<double>(images_); }
  const std::vector<UnreadablePicture>& unreadable() const { return unreadable_; }

  /// {"images", "unreadable", "top1", "top5", "mean_ms", "unreadable_files"}; `complete` false adds
  /// "partial": true.
  std::string ToJson(bool complete) const;

 private:
  double Fraction(uint64_t count) const {
    return images_ == 0 ? 0 : static_cast<double>(count) / static_cast<double>(images_);
  }

  uint64_t images_ = 0, top1_ = 0, top5_ = 0;
  double total_ms_ = 0;
  std::vector<UnreadablePicture> unreadable_;
};

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_EVALUATION_H_
