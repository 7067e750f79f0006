// See agreement.h.
//
// SPDX-License-Identifier: MIT
#include "cli/agreement.h"

#include <algorithm>
#include <cmath>

#include "cli/evaluation.h"
#include "quantize/comparison.h"

namespace resnet::cli {
namespace {

/// The logarithm of n!.
double LogFactorial(uint64_t n) { return std::lgamma(static_cast<double>(n) + 1); }

}  // namespace

double McNemarExact(uint64_t a, uint64_t b) {
  const uint64_t count = a + b, few = std::min(a, b);
  double tail = 0;  // P(X <= few), X binomial(count, 1/2)
  for (uint64_t k = 0; k <= few; ++k) {
    tail += std::exp(LogFactorial(count) - LogFactorial(k) - LogFactorial(count - k) -
                     static_cast<double>(count) * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

void Agreement::Add(std::span<const float> first_logits, std::span<const float> second_logits,
                    int label) {
  const int first = BestClass(first_logits), second = BestClass(second_logits);
  ++images_;
  same_ += first == second;
  only_first_right_ += first == label && second != label;
  only_second_right_ += second == label && first != label;
  kl_sum_ += KlDivergence(first_logits, second_logits);
}

double Agreement::agreement() const { return Evaluation::Fraction(same_, images_); }

double Agreement::kl() const { return images_ == 0 ? 0 : kl_sum_ / static_cast<double>(images_); }

}  // namespace resnet::cli
