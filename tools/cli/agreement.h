// Agreement: how far two networks give the same answers, and whether one is better than the other.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_AGREEMENT_H_
#define RESNET_TOOLS_CLI_AGREEMENT_H_

#include <cstdint>
#include <span>

namespace resnet::cli {

/// sum p (log p - log q) in nats, p and q the softmax of the logits: what is lost where `q` stands
/// in for `p`. 0 for equal distributions, and never below.
double KlDivergence(std::span<const float> p_logits, std::span<const float> q_logits);

/// The exact two-sided p-value of McNemar's test: how probable it is that `a` and `b` pictures,
/// right in one network only, are divided at least this unevenly if neither network is better
/// (binomial with probability 1/2). Exact for small counts and large ones; 1 where both are 0.
double McNemarExact(uint64_t a, uint64_t b);

/// Sums over the pictures that both networks have seen. The first network is the reference.
class Agreement {
 public:
  void Add(std::span<const float> first_logits, std::span<const float> second_logits, int label);

  uint64_t images() const { return images_; }
  double agreement() const;  ///< part of the pictures with the same best class
  double kl() const;         ///< mean of KlDivergence(first, second)
  uint64_t only_first_right() const { return only_first_right_; }
  uint64_t only_second_right() const { return only_second_right_; }
  double mcnemar_p() const { return McNemarExact(only_first_right_, only_second_right_); }

 private:
  uint64_t images_ = 0, same_ = 0, only_first_right_ = 0, only_second_right_ = 0;
  double kl_sum_ = 0;
};

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_AGREEMENT_H_
