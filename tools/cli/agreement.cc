// See agreement.h.
//
// SPDX-License-Identifier: MIT
#include "cli/agreement.h"

#include <algorithm>
#include <cmath>

#include "cli/evaluation.h"

namespace resnet::cli {
namespace {

/// log(sum(exp(x))), computed so that large logits do no harm.
double LogSumExp(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x) - largest);
  return largest + std::log(sum);
}

/// The logarithm of n!.
double LogFactorial(uint64_t n) { return std::lgamma(static_cast<double>(n) + 1); }

}  // namespace

double KlDivergence(std::span<const float> p_logits, std::span<const float> q_logits) {
  if (p_logits.empty()) return 0;
  const double p_norm = LogSumExp(p_logits), q_norm = LogSumExp(q_logits);
  double sum = 0;
  for (size_t i = 0; i < p_logits.size(); ++i) {
    const double log_p = static_cast<double>(p_logits[i]) - p_norm,
                 log_q = static_cast<double>(q_logits[i]) - q_norm;
    sum += std::exp(log_p) * (log_p - log_q);
  }
  return std::max(0.0, sum);  // rounding
}

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
