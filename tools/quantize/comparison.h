// Comparison: how near one network's answers are to another's.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_COMPARISON_H_
#define RESNET_TOOLS_QUANTIZE_COMPARISON_H_

#include <cstdint>
#include <span>

namespace resnet {

/// Sums over pictures.
class Comparison {
 public:
  /// Both: logits [classes] of the same picture.
  void Add(std::span<const float> reference, std::span<const float> found);

  uint64_t pictures() const { return pictures_; }
  double agreement() const { return Mean(agreed_); }       ///< the same best class, 0..1
  double top5_overlap() const { return Mean(overlap_); }   ///< of the best five, 0..1
  double divergence() const { return Mean(divergence_); }  ///< mean KL of the softmax, in nats

 private:
  double Mean(double sum) const {
    return pictures_ == 0 ? 0 : sum / static_cast<double>(pictures_);
  }

  uint64_t pictures_ = 0;
  double agreed_ = 0, overlap_ = 0, divergence_ = 0;
};

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_COMPARISON_H_
